import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOptions } from './connection-options.ts';

test('options are read in any case, with any white space around them', () => {
  assert.deepEqual(
    [...connectionOptions('Close ,\tX-Drop,, upgrade')],
    ['close', 'x-drop', '', 'upgrade'],
  );
});

test('white space costs no more than other characters', () => {
  const costMs = (value: string): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < 20; i++) connectionOptions(value);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // Quadratic, it would be several thousand times as much.
  const letters = costMs(`a${'b'.repeat(15_000)}c`);
  assert.ok(costMs(`a${' '.repeat(15_000)}c`) < 100 + letters * 50);
});
