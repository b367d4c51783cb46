import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../tests/support/seed.ts';
import { edgeLanguage } from '../edge-language.ts';
import { compileExpression } from './compile-expression.ts';
import { parseCondition } from './parse-condition.ts';
import { peerContext, randomCondition, randomRequest, tables } from './random-condition.fixture.ts';
import type { RequestView } from './request-view.ts';

const language = edgeLanguage([
  { name: 'wall', kind: 'cidr' },
  { name: 'words', kind: 'set' },
  { name: 'moved', kind: 'map' },
]);

const verdict = (value: unknown): string => {
  if (value === null) return 'error';
  return typeof value === 'boolean' ? String(value) : `not a verdict: ${String(value)}`;
};

function ours(source: string): (view: RequestView) => string {
  const parsed = parseCondition(language, source, 'bool');
  assert.ok(parsed.ok, `${source}: ${JSON.stringify(parsed, showAll)}`);
  const evaluate = compileExpression(parsed.expression, tables);
  return (view) => verdict(evaluate(view));
}

function theirs(source: string): (view: RequestView) => string {
  const evaluate = language.parse(source);
  return (view) => {
    try {
      return verdict(evaluate(peerContext(view)));
    } catch {
      return 'error';
    }
  };
}

const plain = randomRequest(() => 0);

describe('a compiled condition', () => {
  it('gives the verdict that another implementation of CEL gives, or both an error', () => {
    const { seed, randomness } = testSeed('conditions');
    const draw = (): number => randomness.fraction();
    const seen = new Map<string, number>();
    for (let n = 0; n < 3_000; n++) {
      const source = randomCondition(draw, 4);
      const parsed = parseCondition(language, source, 'bool');
      // Nothing else may be refused: this is the language that edge.yaml has.
      if (!parsed.ok && /lower case/.test(parsed.problem.message)) continue;
      const [one, other] = [ours(source), theirs(source)];
      for (let m = 0; m < 8; m++) {
        const view = randomRequest(draw);
        const [got, wanted] = [one(view), other(view)];
        seen.set(wanted, (seen.get(wanted) ?? 0) + 1);
        const context = `seed ${seed}: ${source}\n${JSON.stringify(peerContext(view), showAll)}`;
        assert.equal(got, wanted, context);
      }
    }
    for (const [what, count] of seen) assert.ok(count > 500, `only ${count} times ${what}`);
    assert.deepEqual([...seen.keys()].sort(), ['error', 'false', 'true']);
  });

  it('lets false win over an error in &&, and true in ||, on either side', () => {
    const lacking = 'request.headers["none"] == "x"';
    for (const [source, wanted] of [
      [`${lacking} && request.path == "/none"`, 'false'],
      [`request.path == "/none" && ${lacking}`, 'false'],
      [`${lacking} || request.path == "/"`, 'true'],
      [`request.path == "/" || ${lacking}`, 'true'],
      [`${lacking} && request.path == "/"`, 'error'],
      [`${lacking} || request.path == "/none"`, 'error'],
      [`!(${lacking})`, 'error'],
      [`has(request.headers.none) && ${lacking}`, 'false'],
    ] as const) {
      assert.equal(ours(source)(plain), wanted, source);
    }
  });

  it('finds a pattern in time that grows with the text, where others would hang', () => {
    const evil = ours('request.path.matches("^(a+)+$")');
    assert.equal(evil({ ...plain, path: `${'a'.repeat(50_000)}!` }), 'false');
    assert.equal(evil({ ...plain, path: 'a'.repeat(50_000) }), 'true');
  });

  it('sees what a table holds at that moment', () => {
    const words = new Map<string, string>();
    const parsed = parseCondition(language, 'request.path in tables.words', 'bool');
    assert.ok(parsed.ok);
    const evaluate = compileExpression(parsed.expression, new Map([['words', words]]));
    assert.equal(evaluate({ ...plain, path: '/a' }), false);
    words.set('/a', '');
    assert.equal(evaluate({ ...plain, path: '/a' }), true);
  });
});

describe('a condition', () => {
  for (const [source, kind] of [
    ['1 + 2 == 3', 'constant'],
    ['request.path == "/a" + "b"', 'equal'],
    ['true && request.path == "/"', 'equal'],
    ['request.path == "/" || 1 < 2', 'constant'],
    ['(1 / 0 == 1) || false', 'equal'],
  ] as const) {
    it(`is computed ahead where it can be: ${source}`, () => {
      const parsed = parseCondition(language, source, 'bool');
      assert.equal(parsed.ok && parsed.expression.kind, kind);
    });
  }

  for (const [source, message] of [
    ['[1, 2].exists(n, n == 1)', /not carried out/],
    ['request.headers.map(k, k) == ["a"]', /not carried out|list/i],
    ['request.headers == request.headers', /cannot be compared/],
    ['request.headers["User-Agent"] == "x"', /lower case/],
    ['"User-Agent" in request.headers', /lower case/],
    ['request.path.matches("(")', /pattern/],
    ['request.path.matches("(?=a)")', /pattern/],
    ['request.path.matches("(a{1000}b{1000}){1}c{900}")', /counts too far/],
    ['request.path.matches(request.host)', /written out/],
    ['timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-01T00:00:00Z")', /not carried out/],
    ['1u == 1u', /mean nothing/],
    ['request.path', /not bool/],
  ] as const) {
    it(`is refused with its place: ${source}`, () => {
      const parsed = parseCondition(language, source, 'bool');
      assert.ok(!parsed.ok, source);
      assert.match(parsed.problem.message, message);
    });
  }
});

function showAll(_: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === 'bigint' ? Number(value) : value;
}
