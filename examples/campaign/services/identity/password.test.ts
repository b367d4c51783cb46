import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoHash, demoPassword } from './demo-accounts.ts';
import { hashPassword, isPassword } from './password.ts';

test('a password fits its own hash, and no other does', async () => {
  const hash = await hashPassword('a long enough phrase');
  assert.equal(await isPassword('a long enough phrase', hash), true);
  assert.equal(await isPassword('a long enough phrasE', hash), false);
  assert.equal(await isPassword('', hash), false);
});

test('two hashes of one password differ', async () => {
  assert.notEqual(await hashPassword('the same'), await hashPassword('the same'));
});

test('nobody has a password: not even that of the hash compared with', async () => {
  assert.equal(await isPassword('', null), false);
});

test('demo accounts are seeded with the password that the guide names', async () => {
  assert.equal(await isPassword(demoPassword, demoHash), true);
});
