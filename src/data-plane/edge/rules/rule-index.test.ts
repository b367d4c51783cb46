import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { compileExpression } from '../../../lib/conditions/compile-expression.ts';
import type { ConditionTables } from '../../../lib/conditions/evaluate.ts';
import { aboutHeaders } from '../../../lib/conditions/about-headers.ts';
import type { Expression } from '../../../lib/conditions/expression.ts';
import { parseCondition } from '../../../lib/conditions/parse-condition.ts';
import {
  randomCondition,
  randomRequest,
  tables,
} from '../../../lib/conditions/random-condition.fixture.ts';
import { SharedLooks } from '../../../lib/conditions/shared-looks.ts';
import { AddressList, edgeLanguage } from '../../../lib/edge-language.ts';
import { requirementOf } from './requirement.ts';
import { RuleIndex } from './rule-index.ts';
import { heldHeapBytes } from '../../../../tests/support/heap.ts';
import { HeadMemo } from '../../exchange.ts';

const language = edgeLanguage([
  { name: 'wall', kind: 'cidr' },
  { name: 'words', kind: 'set' },
  { name: 'moved', kind: 'map' },
]);

const filed = filing(tables);

function filing(tables: ConditionTables) {
  const shared = new SharedLooks();
  return (source: string) => {
    const parsed = parseCondition(language, source, 'bool');
    if (!parsed.ok) return [];
    const { expression } = parsed;
    const compile = (part: Expression) => compileExpression(part, tables, shared);
    const rule = { source, evaluate: compile(expression) };
    const requirement = requirementOf(expression);
    const looks = requirement.looks?.map(compile) ?? null;
    const about = aboutHeaders(expression);
    return [{ rule, requirement, looks, aboutHeaders: about && compile(about) }];
  };
}

const anchors = [
  'request.method == "POST"',
  '"GET" == request.method',
  'request.method in ["PUT", "POST"]',
  'request.path == "/a"',
  'request.path in ["/", "/api/x"]',
  'request.path.startsWith("/api/")',
  'request.host == "a"',
  'request.host in ["site.example"]',
  'client.address in tables.wall',
  'request.path in tables.moved',
  'tables.moved["/a"] == "/b"',
  '"none" != tables.moved["nowhere"]',
  '"q" in request.query',
  'request.headers.accept in tables.words',
  '"a" in tables.words',
  'false',
];

describe('the index of rules', () => {
  it('leaves out only rules that are false, and keeps the order of the others', () => {
    const { seed, randomness } = testSeed('rule index');
    const draw = (): number => randomness.fraction();
    const anchor = (): string => anchors[randomness.integer(anchors.length)] ?? 'true';
    const sources = Array.from({ length: 400 }, () => {
      const condition = randomCondition(draw, 2);
      const joint = draw() < 0.5 ? '&&' : '||';
      const other = draw() < 0.5 ? condition : `(${anchor()} || ${anchor()})`;
      return draw() < 0.2 ? `!(${anchor()} ${joint} ${other})` : `${anchor()} ${joint} ${other}`;
    });
    const rules = sources.flatMap(filed);
    assert.ok(rules.length > 300);
    const index = new RuleIndex(rules);
    let leftOut = 0;
    for (let n = 0; n < 400; n++) {
      const view = randomRequest(draw);
      const candidates = index.candidates(view.method, view.host, view.path);
      const memo = new HeadMemo();
      if (n % 2 === 0) candidates.of(view, memo);
      const found = candidates.of(view, memo);
      const positions = found.map((rule) => rules.findIndex((one) => one.rule === rule));
      assert.deepEqual(
        positions,
        positions.toSorted((a, b) => a - b),
      );
      const among = new Set(found);
      for (const { rule } of rules) {
        if (among.has(rule)) continue;
        leftOut += 1;
        assert.equal(rule.evaluate(view), false, `seed ${seed}: ${rule.source}`);
      }
    }
    assert.ok(leftOut > 10_000, `${leftOut} were left out`);
  });

  it('files a rule by its method, host and path, so that others do not meet it', () => {
    const index = new RuleIndex(
      [
        'request.method == "POST" && request.path == "/a"',
        'request.path.startsWith("/api/") || request.path == "/b"',
        'request.host == "a" && client.trusted_hop',
        'client.trusted_hop',
      ].flatMap(filed),
    );
    const view = randomRequest(() => 0);
    const count = (method: string, host: string, path: string): number =>
      index.candidates(method, host, path).of(view, new HeadMemo()).length;
    assert.deepEqual(
      [
        count('GET', 'b', '/a'),
        count('POST', 'b', '/a'),
        count('GET', 'b', '/api/x'),
        count('GET', 'a', '/b'),
        count('BREW', 'b', '/'),
      ],
      [1, 2, 2, 3, 1],
    );
  });

  it('looks into a table once for all rules that need it, and tries none that it rules out', () => {
    const asked: string[] = [];
    const held = new Set<string>();
    class Counted extends AddressList {
      holds(address: string): boolean {
        asked.push(address);
        return held.has(address);
      }
    }
    const file = filing(new Map<string, AddressList>([['wall', new Counted()]]));
    const index = new RuleIndex(
      [
        'client.trusted_hop',
        ...Array.from({ length: 30 }, (_, n) => `client.address in tables.wall && ${n} == ${n}`),
        ...Array.from({ length: 30 }, (_, n) => {
          return `request.path == "/${n}" || client.address in tables.wall`;
        }),
        'request.method != "GET" && !(client.address in tables.wall)',
      ].flatMap(file),
    );
    const judge = (address: string): readonly [tried: number, hit: number] => {
      const view = { ...randomRequest(() => 0), method: 'GET', trustedHop: false, address };
      asked.length = 0;
      const list = index.candidates('GET', 'a', '/other').of(view, new HeadMemo());
      return [list.length, list.filter((rule) => rule.evaluate(view) === true).length];
    };
    // A rule with a path could hold elsewhere, so the table alone does not rule it out.
    assert.deepEqual(judge('192.0.2.1'), [32, 0]);
    assert.deepEqual(asked, ['192.0.2.1']);
    held.add('192.0.2.2');
    assert.deepEqual(judge('192.0.2.2'), [62, 60]);
    assert.deepEqual(asked, ['192.0.2.2']);
    held.clear();
    // Another request of the same client is another look: tables change between two.
    assert.deepEqual(judge('192.0.2.2'), [32, 0]);
    assert.deepEqual(asked, ['192.0.2.2']);
  });

  it('tries none of what an entry of a table or the lack of a parameter rules out', () => {
    const settings = new Map([['mode', 'open']]);
    const index = new RuleIndex(
      [
        'tables.moved["mode"] == "closed" && client.country != "US"',
        'tables.moved["mode"] == "closed" && client.trusted_hop',
        '"q" in request.query && request.query["q"].matches("^union.*select")',
        'tables.moved["mode"] == "closed" || "q" in request.query',
      ].flatMap(filing(new Map([['moved', settings]]))),
    );
    const judge = (query: ReadonlyMap<string, string>): readonly string[] =>
      index
        .candidates('GET', 'a', '/')
        .of({ ...randomRequest(() => 0), query }, new HeadMemo())
        .map(({ source }) => source.slice(0, 3));
    assert.deepEqual(judge(new Map()), []);
    assert.deepEqual(judge(new Map([['q', '1']])), ['"q"', 'tab']);
    settings.set('mode', 'closed');
    assert.deepEqual(judge(new Map()), ['tab', 'tab', 'tab']);
    // What is not there is an error, which each rule is to count.
    settings.clear();
    assert.deepEqual(judge(new Map()), ['tab', 'tab', 'tab']);
  });

  it('leaves out what headers rule out, once they are said again', () => {
    const index = new RuleIndex(
      [
        '"x-probe" in request.headers',
        '"accept" in request.headers && client.trusted_hop',
        'request.headers.accept == "*/*" || client.trusted_hop',
        'request.headers.missing == "1"',
      ].flatMap(filed),
    );
    const memo = new HeadMemo();
    const judge = (said: string): number => {
      const header = (name: string) => (name === said ? 'text/html' : undefined);
      return index.candidates('GET', 'a', '/').of({ ...randomRequest(() => 0), header }, memo)
        .length;
    };
    assert.equal(judge('accept'), 4, 'the first time nothing is looked at');
    // What is not there is an error, which a rule is to count.
    assert.equal(judge('accept'), 3);
    // Whoever says other headers comes with another memo: this one is not looked behind.
    assert.equal(judge('x-probe'), 3);
  });

  it('has as many lists as the rules can tell apart, and no more than it has room for', () => {
    const sources = Array.from({ length: 25 }, (_, n) => `"${n}" in tables.words`);
    const words = new Map<string, string>();
    const index = new RuleIndex(sources.flatMap(filing(new Map([['words', words]]))));
    const before = heldHeapBytes();
    for (let bits = 0; bits < 100_000; bits++) {
      words.clear();
      for (let n = 0; n < 25; n++) if ((bits & (1 << n)) !== 0) words.set(String(n), '');
      const list = index.candidates('GET', 'a', '/').of(
        randomRequest(() => 0),
        new HeadMemo(),
      );
      assert.equal(list.length, words.size);
    }
    assert.ok(heldHeapBytes() - before < 64 * 1024 * 1024);
  });

  it('stays small under a flood of paths, methods and hosts', () => {
    const index = new RuleIndex(filed('request.path == "/a" && request.method == "POST"'));
    const before = heldHeapBytes();
    for (let n = 0; n < 200_000; n++)
      index.candidates(`M${n}`, `h${n}`, `/${n}/${'x'.repeat(150)}`);
    assert.ok(heldHeapBytes() - before < 64 * 1024 * 1024);
  });
});
