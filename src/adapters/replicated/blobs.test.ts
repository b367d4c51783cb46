import assert from 'node:assert/strict';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { eventually } from '../../../tests/support/eventually.ts';
import { faultyBlobs, type FaultyBlobs } from '../../../tests/support/faulty-blobs.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { describeBlobs } from '../../ports/blobs/contract.ts';
import { digestOf } from '../../ports/blobs/digest.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import { openFilesystemBlobs } from '../filesystem/blobs.ts';
import { systemClock } from '../system/clock.ts';
import { createReplicatedBlobs, type ReplicatedBlobs } from './blobs.ts';

const root = await temporaryFolder('replicated');

interface Pair {
  readonly blobs: ReplicatedBlobs;
  readonly near: FaultyBlobs;
  readonly far: FaultyBlobs;
  /** What lies there, whatever its health. */
  readonly inNear: Blobs;
  readonly inFar: Blobs;
  readonly nearFolder: string;
}

async function openPair(): Promise<Pair> {
  const [nearFolder, farFolder] = await Promise.all([
    mkdtemp(join(root, 'near-')),
    mkdtemp(join(root, 'far-')),
  ]);
  const inNear = await openFilesystemBlobs({ folder: nearFolder });
  const inFar = await openFilesystemBlobs({ folder: farFolder });
  const [near, far] = [faultyBlobs(inNear), faultyBlobs(inFar)];
  const stores = [
    { region: 'near', open: async () => near },
    { region: 'far', open: async () => far },
  ];
  const blobs = createReplicatedBlobs({ stores, clock: systemClock, hedgeMs: 30, stallMs: 120 });
  return { blobs, near, far, inNear, inFar, nearFolder };
}

describeBlobs('two stores', async () => (await openPair()).blobs);
const bytes = Buffer.from('an immutable thing');
const digest = digestOf(bytes);

test('what is put is in both, however it is put', async () => {
  const { blobs, inNear, inFar } = await openPair();
  await blobs.put(bytes);
  const { digest: streamed } = await blobs.putStream(chunks(3_000_000));
  for (const store of [inNear, inFar]) {
    assert.deepEqual(Buffer.from((await store.get(digest)) ?? []), bytes);
    assert.equal((await store.get(streamed))?.length, 3_000_000);
  }
  assert.deepEqual(
    blobs.standing().map(({ state, missing }) => [state, missing]),
    [
      ['up', 0],
      ['up', 0],
    ],
  );
});

for (const fault of ['failing', 'hanging'] as const) {
  describe(`while one store is ${fault}`, () => {
    test('reads come from the other, and soon without asking it', async () => {
      const { blobs, near } = await openPair();
      await blobs.put(bytes);
      near.be(fault);
      for (let round = 0; round < 20; round += 1) {
        assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []), bytes);
      }
      await eventually('it is left alone', async () => {
        await blobs.get(digest);
        return blobs.standing()[0]?.state === 'left-alone';
      });
      const { calls } = near;
      for (let round = 0; round < 50; round += 1) await blobs.get(digest);
      assert.equal(near.calls, calls);
      assert.equal((await buffer((await blobs.openRead(digest))?.read() as never)).length, 18);
      near.be('well');
    });

    test('writes go on in one region, visibly, and a repair makes that good', async () => {
      const { blobs, far, inFar } = await openPair();
      far.be(fault);
      const written = [await blobs.put(bytes), (await blobs.putStream(chunks(500_000))).digest];
      const standing = blobs.standing()[1];
      assert.equal(standing?.missing, 2);
      assert.notEqual(standing?.reason, null);
      assert.equal(await blobs.has(digest), true);
      far.be('well');
      await eventually('the store is asked again', async () => {
        const { unreachable } = await blobs.repair();
        return unreachable.length === 0 && blobs.standing()[1]?.missing === 0;
      });
      for (const each of written) assert.ok(await inFar.get(each), 'it is there by now');
    });
  });
}

test('two stores that both fail say so, and answer again once one is well', async () => {
  const { blobs, near, far } = await openPair();
  await blobs.put(bytes);
  near.be('failing');
  far.be('failing');
  for (let round = 0; round < 10; round += 1) await assert.rejects(blobs.get(digest), /EIO/);
  await assert.rejects(blobs.put(Buffer.from('new')), /EIO/);
  await assert.rejects(blobs.has(digest), /EIO/);
  near.be('well');
  assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []), bytes);
});

test('what is not there cannot be told while a store does not answer', async () => {
  const { blobs, far } = await openPair();
  far.be('failing');
  await assert.rejects(blobs.get(digest), /EIO/);
  far.be('well');
  assert.equal(await blobs.get(digest), null);
});

test('a damaged or lost copy is read from the other store, and mended', async () => {
  const { blobs, inNear, nearFolder } = await openPair();
  await blobs.put(bytes);
  const path = join(nearFolder, 'blobs/sha256', digest.slice(7, 9), digest.slice(9));
  await chmod(path, 0o600);
  await writeFile(path, 'another content!!!');
  assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []), bytes);
  await eventually('it is mended', async () => {
    const found = await inNear.get(digest).catch(() => null);
    return found !== null;
  });
  await inNear.collect(new Set(), -5_000);
  assert.equal((await buffer((await blobs.openRead(digest))?.read() as never)).length, 18);
  await eventually('it is there again', () => inNear.get(digest));
});

test('a store that fails within a read is followed by the other, to the byte', async () => {
  const { blobs, inNear, nearFolder } = await openPair();
  const { digest } = await blobs.putStream(chunks(3_000_000));
  const reader = await blobs.openRead(digest);
  assert.ok(reader);
  const expected = Buffer.from((await inNear.get(digest)) ?? []);
  const parts: Buffer[] = [];
  for await (const part of reader.read(1_000)) {
    if (parts.length === 0) {
      const path = join(nearFolder, 'blobs/sha256', digest.slice(7, 9), digest.slice(9));
      await chmod(path, 0o600);
      // Cut short: the rest cannot come from here.
      await writeFile(path, expected.subarray(0, 200_000));
    }
    parts.push(part as Buffer);
  }
  assert.ok(Buffer.concat(parts).equals(expected.subarray(1_000)));
});

test('a store that was empty until now is filled by a repair', async () => {
  const { inNear, inFar, blobs } = await openPair();
  for (let number = 0; number < 20; number += 1) await inNear.put(Buffer.from(`${number}`));
  await inFar.put(Buffer.from('only far'));
  assert.deepEqual(await blobs.repair(), { copied: 21, failed: 0, unreachable: [] });
  assert.deepEqual(await blobs.repair(), { copied: 0, failed: 0, unreachable: [] });
  assert.equal((await Array.fromAsync(inFar.list())).length, 21);
});

test('a store that cannot be opened is as one that fails, until it can', async () => {
  const { inNear, inFar } = await openPair();
  let isThere = false;
  const stores = [
    { region: 'near', open: async () => inNear },
    {
      region: 'far',
      open: async () => {
        if (!isThere) throw new Error('no such folder');
        return inFar;
      },
    },
  ];
  const blobs = createReplicatedBlobs({ stores, clock: systemClock });
  await blobs.put(bytes);
  assert.match(blobs.standing()[1]?.reason ?? '', /no such folder/);
  isThere = true;
  assert.equal((await blobs.repair()).copied, 1);
});

async function* chunks(length: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < length; sent += 50_000) {
    yield Buffer.alloc(Math.min(50_000, length - sent), sent / 50_000);
  }
}
