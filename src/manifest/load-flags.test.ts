import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFlags } from './load-flags.ts';

const switches = new Map([['shop.list', ['stale', 'closed'] as const]]);

function refusal(text: string): string {
  const result = loadFlags(text, 'flags.yaml', switches);
  assert.equal(result.kind, 'refused');
  const [first] = result.kind === 'refused' ? result.problems : [];
  return `${first?.line} ${first?.code}: ${first?.message} ${first?.remedy}`;
}

test('a flags file is read without the site around it', () => {
  const text = `
flags:
  shop.list:
    variants: { "on": on, shut: closed, old: stale, late: slow 2s }
    defaultVariant: shut
`;
  const result = loadFlags(text, 'flags.yaml', switches);
  assert.equal(result.kind, 'flags');
  const flag = result.kind === 'flags' ? result.flags.flags['shop.list'] : undefined;
  assert.equal(flag?.defaultVariant, 'shut');
});

test('what is wrong is said with its line and what to do', () => {
  assert.match(refusal(''), /^1 yaml-syntax: The file is empty/);
  assert.match(
    refusal('flags:\n  a: { variants: { x: 1 }, defaultVariant: y }\n'),
    /^2 flag-invalid: a has no variant “y”\. .*Name one of x/,
  );
  assert.match(
    refusal('flags:\n  shop.list:\n    variants: { x: clsoed }\n'),
    /^3 flag-invalid: A switch cannot be “clsoed”\. Did you mean “closed”\?/,
  );
  assert.match(
    refusal('flags:\n  shop.list:\n    variants: { x: queue }\n'),
    /^3 flag-invalid: The ladder of shop\.list has no rung “queue”/,
  );
  assert.match(refusal('flags:\n  a: {\n'), /yaml-syntax/);
});

test('a switch that is DISABLED is warned of, for it closes nothing', () => {
  const text = 'flags:\n  shop.list: { state: DISABLED, variants: { "on": on } }\n';
  const result = loadFlags(text, 'flags.yaml', switches);
  assert.deepEqual(result.kind === 'flags' ? result.warnings.map(({ code }) => code) : [], [
    'switch-disabled',
  ]);
});
