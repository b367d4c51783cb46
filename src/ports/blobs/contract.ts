import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { digestOf } from './digest.ts';
import type { BlobReader, Blobs } from './port.ts';

/** Every adapter of the blobs port passes this suite; `open` gives an empty store each time. */
export function describeBlobs(name: string, open: () => Promise<Blobs>): void {
  describe(`${name} as blobs`, () => {
    test('gives back what was put, under the digest of its bytes', async () => {
      const blobs = await open();
      const bytes = Buffer.from('an immutable thing');
      const digest = await blobs.put(bytes);
      assert.equal(digest, digestOf(bytes));
      assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []), bytes);
      assert.equal(await blobs.has(digest), true);
    });

    test('keeps the empty blob', async () => {
      const blobs = await open();
      const digest = await blobs.put(new Uint8Array());
      assert.equal((await blobs.get(digest))?.length, 0);
      const reader = await found(blobs, digest);
      assert.equal((await buffer(reader.read())).length, 0);
    });

    test('knows nothing of a digest that was never put', async () => {
      const blobs = await open();
      const digest = digestOf(Buffer.from('absent'));
      assert.equal(await blobs.get(digest), null);
      assert.equal(await blobs.openRead(digest), null);
      assert.equal(await blobs.has(digest), false);
    });

    test('refuses what is not a digest', async () => {
      const blobs = await open();
      for (const bad of ['', 'sha256:', 'sha256:../../etc/passwd', `sha256:${'A'.repeat(64)}`]) {
        for (const ask of [blobs.get(bad), blobs.has(bad), blobs.openRead(bad)]) {
          await assert.rejects(ask, { code: 'blob-digest-invalid' });
        }
      }
    });

    test('putting the same bytes again and at once is harmless', async () => {
      const blobs = await open();
      const bytes = Buffer.alloc(100_000, 'x');
      const digests = await Promise.all(Array.from({ length: 8 }, () => blobs.put(bytes)));
      assert.equal(new Set(digests).size, 1);
      assert.deepEqual(await Array.fromAsync(blobs.list()), [digestOf(bytes)]);
    });

    test('stores a stream and reads it in parts', async () => {
      const blobs = await open();
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      const stored = await blobs.putStream(chunksOf(bytes, 7_001));
      assert.deepEqual(stored, { digest: digestOf(bytes), bytes: bytes.length });
      const reader = await found(blobs, stored.digest);
      assert.equal(reader.bytes, bytes.length);
      assert.deepEqual(await buffer(reader.read()), bytes);
      assert.deepEqual(
        await buffer(reader.read(100_000, 100_007)),
        bytes.subarray(100_000, 100_007),
      );
      assert.deepEqual(await buffer(reader.read(299_999)), bytes.subarray(299_999));
      assert.equal((await buffer(reader.read(5, 5))).length, 0);
    });

    test('keeps nothing of a stream that fails', async () => {
      const blobs = await open();
      const failing = async function* () {
        yield Buffer.from('the beginning');
        throw new Error('the source failed');
      };
      await assert.rejects(blobs.putStream(failing()), /the source failed/);
      assert.deepEqual(await Array.fromAsync(blobs.list()), []);
    });

    test('collects what nobody keeps and says how much', async () => {
      const blobs = await open();
      const kept = await blobs.put(Buffer.from('kept'));
      const dropped = await blobs.put(Buffer.from('dropped'));
      const report = await blobs.collect(new Set([kept]), -5_000);
      assert.deepEqual(report, { kept: 1, removed: 1, removedBytes: 7 });
      assert.equal(await blobs.has(kept), true);
      assert.equal(await blobs.has(dropped), false);
      assert.deepEqual(await Array.fromAsync(blobs.list()), [kept]);
    });

    test('does not collect what was written a moment ago', async () => {
      const blobs = await open();
      const digest = await blobs.put(Buffer.from('not yet referred to'));
      assert.equal((await blobs.collect(new Set(), 60_000)).removed, 0);
      assert.equal(await blobs.has(digest), true);
    });

    test('a blob can be put again after it was collected', async () => {
      const blobs = await open();
      const bytes = Buffer.from('comes and goes');
      const digest = await blobs.put(bytes);
      await blobs.collect(new Set(), -5_000);
      await blobs.put(bytes);
      assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []), bytes);
    });
  });
}

async function found(blobs: Blobs, digest: string): Promise<BlobReader> {
  const reader = await blobs.openRead(digest);
  assert.ok(reader);
  return reader;
}

async function* chunksOf(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}
