import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { CIRCUIT_HOLDS_PREFIX } from '../../../src/contract/circuits.ts';
import { openLastGood } from '../../../src/data-plane/last-good.ts';
import { startWorker } from '../../../src/data-plane/worker.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { readyEndpoint, plainConfiguration, startSiteWorker } from '../../support/site-worker.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const away = (): Promise<never> => Promise.reject(new Error('away'));
const log = { info() {}, warn() {}, error() {}, progress() {} };

test('a circuit held by hand stays so in a worker that starts while state is away', async () => {
  await using origin = await startOrigin();
  await using site = await startSiteWorker(plainConfiguration([{}]), {
    origin: [readyEndpoint('i1', origin.port)],
  });
  const hold = { position: 'open', who: 'Ann', why: 'it is being moved', atMs: 1 };
  await site.state.put(`${CIRCUIT_HOLDS_PREFIX}origin`, hold);
  const status = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`)).status;
  await eventually('it is held', async () => (await status(site.port)) === 503);
  const restart = async () => {
    const state = { ...site.state, watch: away, get: away, close: async () => undefined };
    return startWorker({
      id: 'w2',
      state: state as unknown as typeof site.state,
      blobs: { ...site.blobs, get: away },
      clock: systemClock,
      randomness: systemRandomness,
      listen: { http: { address: '127.0.0.1', port: 0 }, https: null, internal: null },
      lastGoodFolder: site.lastGoodFolder,
      isFast: true,
      log,
    });
  };
  await site.worker.close({ drainMs: 0 });
  const held = await restart();
  assert.equal(await status(held.address.port), 503);
  await held.close({ drainMs: 0 });
});

test('one that was let go is not held again', async () => {
  const folder = await temporaryFolder('last-good');
  const store = openLastGood(folder, systemClock, log);
  store.keepHolds({ origin: 'open', 'partners:voter-file': 'closed' });
  await store.flush();
  const read = () => openLastGood(folder, systemClock, log).read().holds;
  assert.deepEqual(read(), { origin: 'open', 'partners:voter-file': 'closed' });
  store.keepHolds({});
  await store.flush();
  assert.deepEqual(read(), {});
});

test('of damaged holds a worker takes those that are whole', async () => {
  const folder = await temporaryFolder('last-good');
  const holds = { origin: 'open', 'No name': 'open', shop: 'ajar', other: { position: 'open' } };
  for (const written of [{ version: 1, holds }, { version: 1, holds: [] }, 'x']) {
    await writeFile(join(folder, 'circuit-holds.json'), JSON.stringify(written));
    const found = openLastGood(folder, systemClock, log).read().holds;
    assert.deepEqual(
      found,
      written instanceof Object && !Array.isArray(written.holds) ? { origin: 'open' } : {},
    );
  }
});
