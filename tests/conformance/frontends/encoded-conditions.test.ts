import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFrontendSite } from '../../support/frontend-site.ts';
import { rawGet } from '../../support/raw-get.ts';

/** What nginx cannot judge: conditions and ranges where a file has several representations. */
const text = 'All politics is local. '.repeat(400);
const site = await startFrontendSite({ 'index.html': '', 'a.txt': text });
const brotli = { 'accept-encoding': 'br' };
const plainTag = (await rawGet(site.origin, '/a.txt')).headers['etag'] as string;
const brotliTag = (await rawGet(site.origin, '/a.txt', brotli)).headers['etag'] as string;

test('a copy in one coding is confirmed by its own tag, with what keeps it fresh', async () => {
  const answer = await rawGet(site.origin, '/a.txt', { ...brotli, 'if-none-match': brotliTag });
  assert.equal(answer.status, 304);
  assert.equal(answer.body.length, 0);
  assert.equal(answer.headers['etag'], brotliTag);
  assert.equal(answer.headers['vary'], 'accept-encoding');
  assert.equal(answer.headers['cache-control'], 'public, max-age=60');
  assert.equal(answer.headers['content-type'], undefined);
});

test('the tag of another coding confirms nothing', async () => {
  const answer = await rawGet(site.origin, '/a.txt', { ...brotli, 'if-none-match': plainTag });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-encoding'], 'br');
});

test('a range is of the identity, whatever codings the client takes', async () => {
  const answer = await rawGet(site.origin, '/a.txt', { ...brotli, range: 'bytes=4-11' });
  assert.equal(answer.status, 206);
  assert.equal(answer.headers['content-encoding'], undefined);
  assert.equal(answer.headers['etag'], plainTag);
  assert.equal(answer.headers['content-range'], `bytes 4-11/${text.length}`);
  assert.equal(answer.body.toString(), text.slice(4, 12));
});

test('a range on top of an encoded copy gets the whole, in its coding', async () => {
  const headers = { ...brotli, range: 'bytes=4-11', 'if-range': brotliTag };
  const answer = await rawGet(site.origin, '/a.txt', headers);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['etag'], brotliTag);
});

test('conditions on dates are passed over: a release has none', async () => {
  const future = 'Fri, 01 Jan 2100 00:00:00 GMT';
  for (const name of ['if-modified-since', 'if-unmodified-since']) {
    const answer = await rawGet(site.origin, '/a.txt', { [name]: future });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['last-modified'], undefined);
  }
});

test('a page that is not there is 404, whatever tag the client has', async () => {
  const answer = await rawGet(site.origin, '/nothing', {
    'if-none-match': '*',
    range: 'bytes=0-1',
  });
  assert.equal(answer.status, 404);
});
