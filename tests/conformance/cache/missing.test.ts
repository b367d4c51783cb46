import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';

const nothing = (status: number, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers,
});
const minute = { kind: 'for', forMs: 60_000 } as const;

const cases = [
  { claim: '404 for its own time', answer: nothing(404), missingMs: 60_000, asked: 1 },
  { claim: '410 too', answer: nothing(410), missingMs: 60_000, asked: 1 },
  { claim: 'not at all where that is said', answer: nothing(404), missingMs: undefined, asked: 2 },
  { claim: 'a 403 says nothing of the kind', answer: nothing(403), missingMs: 60_000, asked: 2 },
  { claim: 'a failure is never one', answer: nothing(500), missingMs: 60_000, asked: 2 },
  {
    claim: 'the word of the service goes before',
    answer: nothing(404, { 'cache-control': 'no-store' }),
    missingMs: 60_000,
    asked: 2,
  },
];

describe('an answer that says there is nothing is kept', () => {
  for (const { claim, answer, missingMs, asked } of cases) {
    it(claim, async () => {
      const kept = missingMs === undefined ? {} : { missingMs };
      await using site = await startCachedSite(
        (_, response) => response.writeHead(answer.status, answer.headers).end('nothing'),
        { cache: minute, ...kept },
      );
      await site.ask('/gone');
      assert.equal((await site.ask('/gone')).status, answer.status);
      assert.equal(site.origin.requests, asked);
    });
  }
});
