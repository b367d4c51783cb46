import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startNaiveProxy } from '../support/naive-proxy.ts';
import { startNaiverProxy } from '../support/naiver-proxy.ts';
import { startRawOrigin } from '../support/raw-http.ts';
import { reverseProxy, startSiteWorker } from '../support/site-worker.ts';
import { traps } from './traps/all.ts';
import { answering, shortAnswer, type Trap } from './traps/trap.ts';

/**
 * The same case against ours, which must pass it, and against a naive proxy, which it must catch.
 */
// A few at a time: each has its moments, and a machine that does everything at once misses them.
describe('traps that proxies fall into', { concurrency: 2 }, () => {
  for (const [group, cases] of Object.entries(traps)) {
    describe(`the data plane, ${group}`, { concurrency: 4 }, () => {
      for (const trap of cases) it(trap.claim, () => withstands(trap));
    });
    describe(`a naive proxy is caught, ${group}`, { concurrency: 4 }, () => {
      for (const trap of cases) it(`not: ${trap.claim}`, () => catches(trap));
    });
  }
});

async function withstands(trap: Trap): Promise<void> {
  await using origin = await startRawOrigin(trap.origin ?? answering(shortAnswer));
  const configuration = reverseProxy(origin.port, { deadlineMs: 700 });
  await using ours = await startSiteWorker(configuration, {}, { headMs: 500 });
  await trap.run(ours.port, origin);
}

async function catches(trap: Trap): Promise<void> {
  await using origin = await startRawOrigin(trap.origin ?? answering(shortAnswer));
  const start = trap.catches === 'naive' ? startNaiveProxy : startNaiverProxy;
  await using naive = await start(origin.port);
  await assert.rejects(trap.run(naive.port, origin), 'the case catches nothing');
}
