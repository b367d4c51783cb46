import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { proofs } from './proofs.ts';

test('every proof has a name of its own, under which its result is kept', () => {
  const names = proofs.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

test('every proof runs a file that is there', () => {
  const missing = proofs.filter(({ command }) => {
    const file = command.find((part) => part.endsWith('.ts'));
    return file === undefined || !existsSync(file);
  });
  assert.deepEqual(missing, []);
});
