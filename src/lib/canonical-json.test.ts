import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from './canonical-json.ts';

test('the order in which keys were set does not show', () => {
  assert.equal(canonicalJson({ b: 1, a: { d: 1, c: 2 } }), '{"a":{"c":2,"d":1},"b":1}');
  assert.equal(canonicalJson({ a: { c: 2, d: 1 }, b: 1 }), '{"a":{"c":2,"d":1},"b":1}');
});

test('it is JSON, and lists keep their order', () => {
  const value = { list: [3, 1, null], text: 'ü"', none: null };
  assert.deepEqual(JSON.parse(canonicalJson(value)), value);
});

test('members that are undefined are left out, as JSON does', () => {
  assert.equal(canonicalJson({ a: undefined, b: [undefined] }), '{"b":[null]}');
});
