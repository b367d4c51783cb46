import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseAccess } from './access.ts';

const token = 'correct-horse';
const code = (
  method: string,
  headers: Record<string, string>,
  peer: string | null = '127.0.0.1',
): string | undefined => refuseAccess({ method, headers, peer }, token)?.code;

test('a person on this machine may look without a token', () => {
  for (const host of ['127.0.0.1:8081', 'localhost:8081', '[::1]:8081', 'LOCALHOST']) {
    assert.equal(code('GET', { host }), undefined, host);
  }
});

test('a name that was rebound to our address is refused, even for looking', () => {
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8081',
    '',
  ]) {
    assert.equal(code('GET', { host }), 'host-refused', host);
  }
  assert.equal(code('GET', {}), 'host-refused');
});

test("another site's page is refused, even with the token", () => {
  const host = 'localhost:8081';
  for (const origin of ['https://evil.example', 'null', 'http://localhost:9999']) {
    const headers = { host, origin, authorization: `Bearer ${token}` };
    assert.equal(code('POST', headers), 'origin-refused', origin);
    assert.equal(code('GET', headers), 'origin-refused', origin);
  }
  const own = { host, origin: `http://${host}`, authorization: `Bearer ${token}` };
  assert.equal(code('POST', own), undefined);
});

test('a change takes the token, as bearer or as password', () => {
  const host = '127.0.0.1:8081';
  const basic = (password: string): string =>
    `Basic ${Buffer.from(`any:${password}`).toString('base64')}`;
  assert.equal(code('POST', { host }), 'token-required');
  assert.equal(code('POST', { host, authorization: 'Bearer wrong' }), 'token-required');
  assert.equal(code('DELETE', { host, authorization: basic('wrong') }), 'token-required');
  assert.equal(code('POST', { host, authorization: token }), 'token-required');
  assert.equal(code('POST', { host, authorization: `Bearer ${token}` }), undefined);
  assert.equal(code('POST', { host, authorization: basic(token) }), undefined);
});

test('from another machine even looking takes the token', () => {
  const host = '10.0.0.5:8081';
  assert.equal(code('GET', { host }, '10.0.0.9'), 'token-required');
  assert.equal(code('GET', { host }, '::ffff:10.0.0.9'), 'token-required');
  assert.equal(code('GET', { host }, '::ffff:127.0.0.1'), undefined);
  assert.equal(code('GET', { host, authorization: `Bearer ${token}` }, '10.0.0.9'), undefined);
});

test('the Unix socket needs no token: its file mode is the permission', () => {
  assert.equal(code('POST', { host: 'turnout' }, null), undefined);
});
