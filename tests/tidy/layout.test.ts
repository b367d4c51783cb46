import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { trackedFiles } from './tracked-files.ts';

const lint = JSON.parse(readFileSync('.oxlintrc.json', 'utf8')) as {
  overrides: { files: string[]; rules: Record<string, unknown> }[];
};

test('every folder of src is held by the dependency rule, or is one that may see all', () => {
  const rules = lint.overrides.filter(({ rules }) => 'no-restricted-imports' in rules);
  const held = new Set(rules.flatMap(({ files }) => files));
  const seesAll = new Set(['cli', 'profiles']);
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const free = folders.filter(({ name }) => !seesAll.has(name) && !held.has(`src/${name}/**`));
  assert.deepEqual(
    free.map(({ name }) => name),
    [],
  );
});

test('no file or folder hides behind a name that says nothing', () => {
  const empty = /(^|\/)(utils?|helpers?|managers?|common|misc|index)(\.|\/|$)/;
  const named = trackedFiles(/^(src|tools|tests|bench)\//).filter((file) => empty.test(file));
  assert.deepEqual(named, []);
});

test('every port has a contract suite', () => {
  const ports = readdirSync('src/ports');
  const without = ports.filter((port) => !readdirSync(`src/ports/${port}`).includes('contract.ts'));
  assert.deepEqual(without, []);
});
