import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountSmallDisk } from '../../../tests/support/small-disk.ts';
import { openFilesystemBlobs } from './blobs.ts';

test('a full disk refuses a blob and keeps no part of it, until there is space', async () => {
  const disk = mountSmallDisk(1024 * 1024);
  const blobs = await openFilesystemBlobs({ folder: disk.folder });
  const small = await blobs.put(Buffer.from('there before'));
  disk.fill(64 * 1024);
  const bytes = Buffer.alloc(200_000, 'x');
  const stream = async function* () {
    for (let part = 0; part < 20; part += 1) yield bytes.subarray(0, 10_000);
  };
  await assert.rejects(blobs.put(bytes), { code: 'disk-full' });
  await assert.rejects(blobs.putStream(stream()), { code: 'disk-full' });
  assert.deepEqual(await readdir(join(disk.folder, 'blobs', 'incoming')), []);
  assert.deepEqual(await Array.fromAsync(blobs.list()), [small]);
  assert.equal(String(Buffer.from((await blobs.get(small)) ?? [])), 'there before');
  disk.relieve();
  assert.equal((await blobs.get(await blobs.put(bytes)))?.length, bytes.length);
});
