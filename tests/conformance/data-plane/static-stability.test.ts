import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { startWorker } from '../../../src/data-plane/worker.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import {
  plainConfiguration,
  readyEndpoint,
  reverseProxy,
  startSiteWorker,
} from '../../support/site-worker.ts';

const away = (): Promise<never> => Promise.reject(new Error('away'));

describe('a worker stands without controller, state and blobs', () => {
  it('starts and serves by the last good configuration', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(plainConfiguration([{}]), {
      origin: [readyEndpoint('i1', origin.port)],
    });
    await site.worker.close({ drainMs: 0 });
    const state = { ...site.state, watch: away, get: away, close: async () => undefined };
    const blobs = { ...site.blobs, get: away };
    const worker = await startWorker({
      id: 'w2',
      state: state as unknown as typeof site.state,
      blobs: blobs as unknown as typeof site.blobs,
      clock: systemClock,
      randomness: systemRandomness,
      listen: { http: { address: '127.0.0.1', port: 0 }, https: null, internal: null },
      lastGoodFolder: site.lastGoodFolder,
      isFast: true,
      log: { info() {}, warn() {}, error() {}, progress() {} },
    });
    try {
      assert.equal((await fetch(`http://127.0.0.1:${worker.address.port}/`)).status, 200);
    } finally {
      await worker.close({ drainMs: 0 });
    }
  });

  it('keeps a good configuration when the next one cannot be compiled, and says so', async () => {
    await using origin = await startOrigin();
    const good = reverseProxy(origin.port);
    await using site = await startSiteWorker(good);
    const bad = { ...good, model: 'sha256:bad', policies: { services: [], features: [] } };
    await site.configure(bad);
    await eventually('it is refused', () => site.worker.stats().refused);
    assert.match(site.worker.stats().refused ?? '', /sha256:bad/);
    assert.ok(site.logged.some(({ level }) => level === 'error'));
    assert.equal((await fetch(`http://127.0.0.1:${site.port}/`)).status, 200);
    await site.configure({ ...good, model: 'sha256:next' });
    await eventually('a good one is taken', () => site.worker.stats().model === 'sha256:next');
    assert.equal(site.worker.stats().refused, null);
  });

  it('takes a new configuration and new endpoints without losing a request', async () => {
    await using a = await startOrigin();
    await using b = await startOrigin();
    await using site = await startSiteWorker(plainConfiguration([{}]), {
      origin: [readyEndpoint('a', a.port)],
    });
    const stopping = new AbortController();
    const statuses = new Set<number>();
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!stopping.signal.aborted) {
          const answer = await fetch(`http://127.0.0.1:${site.port}/`);
          statuses.add(answer.status);
          await answer.text();
        }
      }),
    );
    for (let i = 0; i < 10; i++) {
      const [from, to] = i % 2 === 0 ? [a, b] : [b, a];
      await site.announce('origin', [
        { ...readyEndpoint(`x${i}`, from.port), state: 'draining' },
        readyEndpoint(`y${i}`, to.port),
      ]);
      await site.configure(plainConfiguration([{}], { model: `sha256:${i}` }));
      await eventually('it is in force', () => site.worker.stats().model === `sha256:${i}`);
      const before = to.requests;
      await eventually('traffic follows', () => to.requests > before);
    }
    stopping.abort();
    await load;
    assert.deepEqual([...statuses], [200]);
    // Connections to endpoints that are gone are gone too.
    await eventually('pools are bounded', () => site.worker.stats().upstreamConnections <= 8);
  });
});
