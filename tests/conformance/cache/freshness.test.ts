import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import type { FeaturePolicy } from '../../../src/derive/policies/policies.ts';
import { startCachedSite } from '../../support/cached-site.ts';

interface Case {
  readonly claim: string;
  readonly answer: OutgoingHttpHeaders;
  readonly status?: number;
  readonly asked?: Readonly<Record<string, string>>;
  readonly cache?: FeaturePolicy['cache'];
  /** Whether the second of two requests is answered without the origin. */
  readonly reused: boolean;
}

const longAgo = 'Tue, 15 Nov 1994 12:45:26 GMT';
const farAhead = 'Fri, 31 Dec 2100 23:59:59 GMT';
const signed = { authorization: 'Basic c2VjcmV0' };
const visited = { cookie: 'session=1' };

/** RFC 9111 3, 4.2, 5.2, 5.3; RFC 9213. */
const cases: readonly Case[] = [
  { claim: 'max-age', answer: { 'cache-control': 'max-age=60' }, reused: true },
  { claim: 'max-age=0', answer: { 'cache-control': 'max-age=0' }, reused: false },
  { claim: 'max-age that is no number', answer: { 'cache-control': 'max-age=abc' }, reused: false },
  { claim: 'max-age below zero', answer: { 'cache-control': 'max-age=-1' }, reused: false },
  { claim: 'max-age in quotes', answer: { 'cache-control': 'max-age="60"' }, reused: true },
  { claim: 'MAX-AGE', answer: { 'cache-control': 'MAX-AGE=60' }, reused: true },
  {
    claim: 'a number too large to hold',
    answer: { 'cache-control': 'max-age=99999999999999999999' },
    reused: true,
  },
  {
    claim: 'the first of two max-age',
    answer: { 'cache-control': 'max-age=0, max-age=60' },
    reused: false,
  },
  {
    claim: 'max-age in the value of another directive',
    answer: { 'cache-control': 'extension="max-age=60"' },
    reused: false,
  },
  {
    claim: 's-maxage before max-age',
    answer: { 'cache-control': 'max-age=60, s-maxage=0' },
    reused: false,
  },
  {
    claim: 's-maxage where max-age is over',
    answer: { 'cache-control': 's-maxage=60, max-age=0' },
    reused: true,
  },
  { claim: 'Expires ahead', answer: { expires: farAhead }, reused: true },
  { claim: 'Expires in the past', answer: { expires: longAgo }, reused: false },
  { claim: 'Expires: 0', answer: { expires: '0', 'last-modified': longAgo }, reused: false },
  {
    claim: 'max-age before Expires',
    answer: { 'cache-control': 'max-age=60', expires: longAgo },
    reused: true,
  },
  {
    claim: 'an age that others have told',
    answer: { 'cache-control': 'max-age=60', age: '61' },
    reused: false,
  },
  {
    claim: 'a Date that shows its age',
    answer: { 'cache-control': 'max-age=60', date: longAgo },
    reused: false,
  },
  {
    claim: 'an Age that is no number',
    answer: { 'cache-control': 'max-age=60', age: '61, 3' },
    reused: false,
  },
  { claim: 'no-store', answer: { 'cache-control': 'no-store, max-age=60' }, reused: false },
  { claim: 'no-cache', answer: { 'cache-control': 'no-cache, max-age=60' }, reused: false },
  { claim: 'private', answer: { 'cache-control': 'private, max-age=60' }, reused: false },
  {
    claim: 'private that names a header',
    answer: { 'cache-control': 'private="x-name", max-age=60', 'x-name': 'Ada' },
    reused: true,
  },
  {
    claim: 'must-understand beside no-store, understood',
    answer: { 'cache-control': 'no-store, must-understand, max-age=60' },
    reused: true,
  },
  {
    claim: 'must-understand with a status nobody knows',
    answer: { 'cache-control': 'no-store, must-understand, max-age=60' },
    status: 299,
    reused: false,
  },
  { claim: 'nothing said at all', answer: {}, reused: false },
  { claim: 'Last-Modified long ago', answer: { 'last-modified': longAgo }, reused: true },
  {
    claim: 'Last-Modified long ago of an error',
    answer: { 'last-modified': longAgo },
    status: 500,
    reused: false,
  },
  {
    claim: 'a made-up status with a lifetime',
    answer: { 'cache-control': 'max-age=60' },
    status: 599,
    reused: true,
  },
  {
    claim: '404 with a lifetime',
    answer: { 'cache-control': 'max-age=60' },
    status: 404,
    reused: true,
  },
  {
    claim: 'an answer to credentials',
    answer: { 'cache-control': 'max-age=60' },
    asked: signed,
    reused: false,
  },
  {
    claim: 'a public answer to credentials',
    answer: { 'cache-control': 'max-age=60, public' },
    asked: signed,
    reused: true,
  },
  {
    claim: 'Last-Modified alone where cookies were sent',
    answer: { 'last-modified': longAgo },
    asked: visited,
    reused: false,
  },
  {
    claim: 'a lifetime where cookies were sent',
    answer: { 'cache-control': 'max-age=60' },
    asked: visited,
    reused: true,
  },
  {
    claim: 'an answer that sets a cookie',
    answer: { 'cache-control': 'max-age=60', 'set-cookie': 'a=1' },
    reused: false,
  },
  {
    claim: 'a public answer that sets a cookie',
    answer: { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=1' },
    reused: true,
  },
  { claim: 'Vary: *', answer: { 'cache-control': 'max-age=60', vary: 'accept, *' }, reused: false },
  {
    claim: 'what is said to caches like ours',
    answer: { 'cache-control': 'no-store', 'cdn-cache-control': 'max-age=60' },
    reused: true,
  },
  {
    claim: 'no-store said to caches like ours',
    answer: { 'cache-control': 'max-age=60', 'cdn-cache-control': 'no-store' },
    reused: false,
  },
  {
    claim: 'a malformed word to caches like ours counts for nothing',
    answer: { 'cache-control': 'max-age=60', 'cdn-cache-control': 'max-age=0, &' },
    reused: true,
  },
  {
    claim: 'a time in quotes to caches like ours',
    answer: { 'cache-control': 'max-age=60', 'cdn-cache-control': 'max-age="60"' },
    reused: false,
  },
  {
    claim: 'the lifetime of the manifest where the service gives none',
    answer: {},
    cache: { kind: 'for', forMs: 60_000 },
    reused: true,
  },
  {
    claim: 'the word of the service before the manifest’s',
    answer: { 'cache-control': 'no-store' },
    cache: { kind: 'for', forMs: 60_000 },
    reused: false,
  },
  {
    claim: 'the lifetime of the manifest with a cookie set',
    answer: { 'set-cookie': 'a=1' },
    cache: { kind: 'for', forMs: 60_000 },
    reused: false,
  },
  {
    claim: 'cache: none',
    answer: { 'cache-control': 'max-age=60' },
    cache: { kind: 'none' },
    reused: false,
  },
];

describe('an answer is used again', () => {
  for (const { claim, answer, status = 200, asked = {}, cache, reused } of cases) {
    it(`${reused ? '' : 'not '}by: ${claim}`, async () => {
      let count = 0;
      await using site = await startCachedSite(
        (_, response) => {
          count += 1;
          response.writeHead(status, answer).end(`answer ${count}`);
        },
        cache === undefined ? {} : { cache },
      );
      const first = await site.ask('/page', { headers: asked });
      assert.equal(first.status, status);
      assert.equal(first.body, 'answer 1');
      const second = await site.ask('/page', { headers: asked });
      assert.equal(second.status, status);
      assert.equal(second.body, reused ? 'answer 1' : 'answer 2');
      assert.equal(site.origin.requests, reused ? 1 : 2);
      assert.equal(second.did === 'hit', reused, String(second.headers['cache-status']));
      if (reused) assert.match(String(second.headers['age']), /^\d+$/);
    });
  }
});
