import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPasswordChange, readSignIn } from './sign-in.ts';

test('an address is read as it is kept: trimmed and in lower case; a password as it is', () => {
  assert.deepEqual(readSignIn({ email: ' Grace@Marlowe.Example ', password: ' x ' }), {
    kind: 'valid',
    value: { email: 'grace@marlowe.example', password: ' x ' },
  });
});

test('a new password is long enough, not endless, and new', () => {
  const fields = (next: string) => {
    const read = readPasswordChange({ current: 'every-vote-counts', next });
    return read.kind === 'valid' ? [] : read.problems.map(({ field }) => field);
  };
  assert.deepEqual(fields('short'), ['next']);
  assert.deepEqual(fields('x'.repeat(201)), ['next']);
  assert.deepEqual(fields('every-vote-counts'), ['next']);
  assert.deepEqual(fields('every-vote-still-counts'), []);
});
