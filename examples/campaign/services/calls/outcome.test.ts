import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCall } from './outcome.ts';

const claim = '0b0f9c7a-3d5e-4a51-9d53-6a1f0e2b8c11';

test('a note may be left out, and is trimmed', () => {
  assert.deepEqual(readCall({ claim, outcome: 'supports' }), {
    kind: 'valid',
    value: { claim, outcome: 'supports', note: '' },
  });
  assert.deepEqual(readCall({ claim, outcome: 'no-answer', note: ' after six\nis better ' }), {
    kind: 'valid',
    value: { claim, outcome: 'no-answer', note: 'after six\nis better' },
  });
});

test('everything that is wrong with a call is said at once', () => {
  const read = readCall({ claim: '7', outcome: 'shouted', note: 'x'.repeat(501) });
  assert.equal(read.kind, 'invalid');
  assert.deepEqual(
    read.problems.map(({ field }) => field),
    ['claim', 'outcome', 'note'],
  );
});

test('a note that PostgreSQL could not keep is refused', () => {
  const nul = String.fromCodePoint(0);
  assert.equal(readCall({ claim, outcome: 'leans', note: `a${nul}b` }).kind, 'invalid');
});
