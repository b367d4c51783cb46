import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { compileExpression } from '../../../lib/conditions/compile-expression.ts';
import { parseCondition } from '../../../lib/conditions/parse-condition.ts';
import {
  randomCondition,
  randomRequest,
  tables,
} from '../../../lib/conditions/random-condition.fixture.ts';
import { edgeLanguage } from '../../../lib/edge-language.ts';
import { requirementOf } from './requirement.ts';
import { RuleIndex } from './rule-index.ts';

const language = edgeLanguage([
  { name: 'wall', kind: 'cidr' },
  { name: 'words', kind: 'set' },
  { name: 'moved', kind: 'map' },
]);

function filed(source: string) {
  const parsed = parseCondition(language, source, 'bool');
  if (!parsed.ok) return [];
  const { expression } = parsed;
  const rule = { source, evaluate: compileExpression(expression, tables) };
  return [{ rule, requirement: requirementOf(expression) }];
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
      const found = index.candidates(view.method, view.host, view.path);
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
    const count = (method: string, host: string, path: string): number =>
      index.candidates(method, host, path).length;
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

  it('stays small under a flood of paths, methods and hosts', () => {
    const index = new RuleIndex(filed('request.path == "/a" && request.method == "POST"'));
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 200_000; n++)
      index.candidates(`M${n}`, `h${n}`, `/${n}/${'x'.repeat(150)}`);
    assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
  });
});
