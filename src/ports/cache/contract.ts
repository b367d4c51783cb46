import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cache } from './port.ts';

export interface CacheUnderTest {
  readonly cache: Cache;
  /** Resolves when `ms` have passed for the cache. */
  pass(ms: number): Promise<void>;
}

const LONG_MS = 3_600_000;

/**
 * Every adapter of the cache port passes this suite; `open` gives an empty cache with the given
 * limit.
 */
export function describeCache(
  name: string,
  open: (limitBytes: number) => Promise<CacheUnderTest>,
): void {
  describe(`${name} as a cache`, () => {
    test('gives back what was set, until it is deleted', async () => {
      const { cache } = await open(100_000);
      assert.equal(await cache.get('k'), null);
      assert.equal(await cache.set('k', Buffer.from('value'), LONG_MS), true);
      assert.equal(Buffer.from((await cache.get('k')) ?? []).toString(), 'value');
      assert.equal(await cache.delete('k'), true);
      assert.equal(await cache.delete('k'), false);
      assert.equal(await cache.get('k'), null);
    });

    test('gives the newer of two values for a key', async () => {
      const { cache } = await open(100_000);
      await cache.set('k', Buffer.from('older and longer'), LONG_MS);
      await cache.set('k', Buffer.from('newer'), LONG_MS);
      assert.equal(Buffer.from((await cache.get('k')) ?? []).toString(), 'newer');
      assert.equal((await cache.usage()).entries, 1);
    });

    test('forgets when the time is over', async () => {
      const { cache, pass } = await open(100_000);
      await cache.set('short', Buffer.from('x'), 1_000);
      await cache.set('long', Buffer.from('x'), LONG_MS);
      await pass(1_001);
      assert.equal(await cache.get('short'), null);
      assert.notEqual(await cache.get('long'), null);
    });

    test('never takes more than its limit', async () => {
      const { cache } = await open(50_000);
      for (let index = 0; index < 1_000; index += 1) {
        await cache.set(`key ${index}`, Buffer.alloc(index % 997), LONG_MS);
        const { bytes, limitBytes } = await cache.usage();
        assert.ok(bytes <= limitBytes && limitBytes === 50_000);
      }
      assert.ok((await cache.usage()).entries > 10, 'and makes use of it');
    });

    test('refuses what is larger than itself and keeps no older value in its place', async () => {
      const { cache } = await open(10_000);
      await cache.set('k', Buffer.from('older'), LONG_MS);
      assert.equal(await cache.set('k', Buffer.alloc(10_001), LONG_MS), false);
      assert.equal(await cache.get('k'), null);
    });

    test('does not change with the bytes it was given', async () => {
      const { cache } = await open(100_000);
      const bytes = Buffer.from('as it was');
      await cache.set('k', bytes, LONG_MS);
      bytes.fill('!');
      assert.equal(Buffer.from((await cache.get('k')) ?? []).toString(), 'as it was');
    });
  });
}
