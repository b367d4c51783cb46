import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { FrugalMessage } from './frugal-message.ts';

function said(...rawHeaders: string[]): FrugalMessage {
  const message = new FrugalMessage(new Socket());
  message.rawHeaders = rawHeaders;
  return message;
}

test('of the headers of a request only those are listed that decide how it is read', () => {
  const { headers } = said('Host', 'a', 'Accept', '*/*', 'TE', 'trailers', 'Content-Length', '3');
  assert.deepEqual(headers, { te: 'trailers', 'content-length': '3' });
  assert.equal('transfer-encoding' in headers, false);
});

test('in whatever case they are written, and several of one name joined', () => {
  const { headers } = said('EXPECT', 'a', 'Expect', '100-continue', 'cOnnection', 'Upgrade');
  assert.deepEqual(headers, { expect: 'a, 100-continue', connection: 'Upgrade' });
});

test('no name of a header can reach what all objects have', () => {
  const { headers } = said('__proto__', 'x', 'constructor', 'y', 'toString', 'z');
  assert.equal(headers.expect, undefined);
  assert.equal(headers['content-length'], undefined);
  assert.deepEqual(Object.keys(headers), []);
});
