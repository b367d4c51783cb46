import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownBytes } from './own-bytes.ts';

test('bytes of their own hold nothing but themselves', () => {
  const parts = [Buffer.from('one '), Buffer.from('and '), Buffer.from('another')];
  const whole = ownBytes(parts);
  assert.equal(whole.toString(), 'one and another');
  assert.equal(whole.buffer.byteLength, whole.length);
  parts[0]?.fill(0);
  assert.equal(whole.toString(), 'one and another');
  assert.equal(ownBytes([]).buffer.byteLength, 0);
});
