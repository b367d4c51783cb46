import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { SEAL_BYTES, type WriteKeyFile, WriteKeys, writeIdOf } from './write-keys.ts';

const newKey = (id: string) => ({ id, key: randomBytes(32).toString('base64') });
const first: WriteKeyFile = {
  order: randomBytes(32).toString('base64'),
  keys: [newKey('0000000a')],
};
const plain = Buffer.from('ada@example.org');

function read(file: unknown): WriteKeys {
  const keys = WriteKeys.read(file);
  assert.ok(keys !== null);
  return keys;
}

test('what is sealed opens again under its context alone', () => {
  const keys = read(first);
  const sealed = keys.seal([plain], 'one');
  assert.equal(sealed.length, plain.length + SEAL_BYTES);
  assert.ok(!Buffer.from(sealed).includes('ada'));
  assert.deepEqual(keys.open(sealed, 'one'), plain);
  assert.equal(keys.open(sealed, 'another'), null);
});

test('no bit of it can be changed, and no piece left away', () => {
  const keys = read(first);
  const sealed = keys.seal([plain], 'one');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Uint8Array.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(keys.open(changed, 'one'), null, `bit ${bit}`);
  }
  for (let bytes = 0; bytes < sealed.length; bytes += 1) {
    assert.equal(keys.open(sealed.subarray(0, bytes), 'one'), null, `${bytes} bytes`);
  }
});

test('a new key seals, and those before still open; order and tokens stay', () => {
  const before = read(first);
  const after = read({ ...first, keys: [newKey('0000000b'), ...first.keys] });
  assert.deepEqual(after.open(before.seal([plain], 'c'), 'c'), plain);
  assert.equal(before.open(after.seal([plain], 'c'), 'c'), null);
  assert.equal(after.orderName('f', 'k'), before.orderName('f', 'k'));
  assert.equal(after.token(['a']), before.token(['a']));
});

test('names differ wherever what they are made of does', () => {
  const keys = read(first);
  assert.notEqual(keys.token(['ab', 'c']), keys.token(['a', 'bc']));
  assert.notEqual(keys.orderName('f', 'k'), keys.orderName('g', 'k'));
  assert.match(writeIdOf(keys.token(['a'])), /^w[A-Za-z0-9_-]{43}$/);
});

test('what is no file of keys is none', () => {
  const { order, keys } = first;
  for (const file of [null, {}, { order }, { order, keys: [] }, { order: 'x', keys }, 7]) {
    assert.equal(WriteKeys.read(file), null);
  }
  assert.equal(WriteKeys.read({ order, keys: [{ id: '0000000a', key: 'AAAA' }] }), null);
});

test('a write that was kept long ago has the same names still', () => {
  const secret = Buffer.alloc(32, 7);
  const named = WriteKeys.read({
    order: secret.toString('base64'),
    keys: [{ id: '0123abcd', key: Buffer.alloc(32, 1).toString('base64') }],
  });
  const body = Buffer.from('{"amount":1}');
  // Its length is in bytes, of which the ellipsis has three.
  const byHand = createHmac('sha256', secret)
    .update('token\n8:gifts…\n0:\n12:')
    .update(body)
    .update('\n1:x')
    .digest('base64url');
  assert.equal(named?.token(['gifts…', '', body, 'x']), byHand);
});
