import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Exchange, ExchangeRequest } from '../../exchange.ts';
import { compileOrderKey } from './order-key.ts';

const json = ['content-type', 'application/json; charset=utf-8'];
const form = ['content-type', 'application/x-www-form-urlencoded'];

function keyOf(by: string, request: Partial<ExchangeRequest>, body: string, path = '/a'): unknown {
  const whole = { path: '/a', query: null, headers: json, ...request };
  const exchange = { request: whole } as unknown as Exchange;
  return compileOrderKey(by, path)(exchange, Buffer.from(body));
}

test('a field of a body is found in JSON, at any depth, and in a form', () => {
  assert.equal(keyOf('body.email', {}, '{"email":"ada@example.org"}'), 'ada@example.org');
  assert.equal(keyOf('body.donor.id', {}, '{"donor":{"id":7}}'), '7');
  assert.equal(
    keyOf('body.email', { headers: form }, 'a=1&email=ada%40example.org'),
    'ada@example.org',
  );
  const problem = ['content-type', 'application/vnd.gift+json'];
  assert.equal(keyOf('body.email', { headers: problem }, '{"email":"a"}'), 'a');
});

test('what does not say it has none', () => {
  for (const body of ['', '{', '[]', 'null', '{"email":null}', '{"email":{}}', '{"email":""}']) {
    assert.equal(keyOf('body.email', {}, body), null, body);
  }
  assert.equal(keyOf('body.email', {}, JSON.stringify({ email: 'x'.repeat(513) })), null);
  assert.equal(keyOf('body.email', { headers: [] }, '{"email":"a"}'), null);
  assert.equal(keyOf('body.constructor.name', {}, '{}'), null);
  assert.equal(keyOf('body.__proto__', {}, '{}'), null);
});

test('path, query and header name it as well', () => {
  assert.equal(keyOf('path.id', { path: '/lists/7/x' }, '', '/lists/:id/x'), '7');
  assert.equal(keyOf('path.other', { path: '/lists/7' }, '', '/lists/:id'), null);
  assert.equal(keyOf('query.list', { query: 'a=1&list=b' }, ''), 'b');
  assert.equal(keyOf('query.list', { query: null }, ''), null);
  assert.equal(keyOf('header.X-Batch', { headers: ['x-batch', '9'] }, ''), '9');
});
