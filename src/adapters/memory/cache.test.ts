import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCache } from '../../ports/cache/contract.ts';
import type { Cache } from '../../ports/cache/port.ts';
import type { Randomness } from '../../ports/randomness/port.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { createSimulatedClock } from '../simulated/clock.ts';
import { createMemoryCache } from './cache.ts';

const LONG_MS = 3_600_000;
const { randomness } = testSeed('memory cache');

describeCache('memory', async (limitBytes) => {
  const clock = createSimulatedClock();
  return { cache: createMemoryCache({ limitBytes, clock }), pass: (ms) => clock.advance(ms) };
});

test('a scan of things asked for once does not drive out what is asked for often', async () => {
  const cache = createMemoryCache({ limitBytes: 200 * 1_300, clock: createSimulatedClock() });
  const popular = Array.from({ length: 50 }, (_, index) => `popular ${index}`);
  for (let round = 0; round < 3; round += 1) {
    for (const key of popular) await askThrough(cache, key);
  }
  for (let index = 0; index < 5_000; index += 1) await askThrough(cache, `once ${index}`);
  let kept = 0;
  for (const key of popular) kept += (await cache.get(key)) ? 1 : 0;
  assert.equal(kept, 50);
});

test('random use never gives a wrong or late value, nor passes the limit', async () => {
  const clock = createSimulatedClock();
  const cache = createMemoryCache({ limitBytes: 30_000, clock });
  const model = new Map<string, { bytes: Uint8Array; expiresAtMs: number }>();
  for (let step = 0; step < 20_000; step += 1) {
    const key = `key ${randomness.integer(200)}`;
    await randomStep(cache, model, key, randomness, clock.monotonicMs());
    if (randomness.integer(20) === 0) await clock.advance(randomness.integer(50));
    const { bytes, limitBytes } = await cache.usage();
    assert.ok(bytes >= 0 && bytes <= limitBytes);
  }
  await cache.close();
  assert.deepEqual(await cache.usage(), { entries: 0, bytes: 0, limitBytes: 30_000 });
});

async function askThrough(cache: Cache, key: string): Promise<boolean> {
  if (await cache.get(key)) return true;
  await cache.set(key, Buffer.alloc(1_000), LONG_MS);
  return false;
}

async function randomStep(
  cache: Cache,
  model: Map<string, { bytes: Uint8Array; expiresAtMs: number }>,
  key: string,
  random: Randomness,
  nowMs: number,
): Promise<void> {
  const choice = random.integer(10);
  if (choice < 4) {
    const bytes = random.bytes(random.integer(1_500));
    const ttlMs = 1 + random.integer(500);
    assert.equal(await cache.set(key, bytes, ttlMs), true);
    model.set(key, { bytes, expiresAtMs: nowMs + ttlMs });
  } else if (choice === 4) {
    await cache.delete(key);
    model.delete(key);
  } else {
    const found = await cache.get(key);
    if (!found) return;
    const expected = model.get(key);
    assert.ok(expected && expected.expiresAtMs > nowMs, `${key} is neither deleted nor late`);
    assert.deepEqual(found, new Uint8Array(expected.bytes));
  }
}
