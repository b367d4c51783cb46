import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { describeBlobs } from '../../ports/blobs/contract.ts';
import { digestOf } from '../../ports/blobs/digest.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openFilesystemBlobs } from './blobs.ts';

const root = await temporaryFolder('blobs');
const newFolder = () => mkdtemp(join(root, 'site-'));

describeBlobs('the file system', async () => openFilesystemBlobs({ folder: await newFolder() }));

function pathOf(folder: string, digest: string): string {
  return join(folder, 'blobs', 'sha256', digest.slice(7, 9), digest.slice(9));
}

test('a blob is a read-only file in private folders, and no temporary file stays', async () => {
  const folder = await newFolder();
  const blobs = await openFilesystemBlobs({ folder });
  const path = pathOf(folder, await blobs.put(Buffer.from('x')));
  assert.equal((await stat(path)).mode & 0o777, 0o400);
  for (const part of ['', 'sha256', 'incoming', 'trash']) {
    assert.equal((await stat(join(folder, 'blobs', part))).mode & 0o777, 0o700);
  }
  assert.deepEqual(await readdir(join(folder, 'blobs', 'incoming')), []);
});

test('a changed file is reported, whichever way it is read, and mended by a put', async () => {
  const folder = await newFolder();
  const blobs = await openFilesystemBlobs({ folder });
  const bytes = Buffer.from('the true content');
  const digest = await blobs.put(bytes);
  await (await blobs.openRead(digest))?.read().resume().toArray();
  await chmod(pathOf(folder, digest), 0o600);
  await writeFile(pathOf(folder, digest), 'another content!');
  await assert.rejects(blobs.get(digest), { code: 'blob-corrupt' });
  await assert.rejects(blobs.openRead(digest), { code: 'blob-corrupt' });
  await blobs.put(bytes);
  assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []), bytes);
});

test('a truncated file is reported', async () => {
  const folder = await newFolder();
  const blobs = await openFilesystemBlobs({ folder });
  const digest = await blobs.put(Buffer.from('all of it'));
  await chmod(pathOf(folder, digest), 0o600);
  await writeFile(pathOf(folder, digest), 'all');
  await assert.rejects(blobs.get(digest), { code: 'blob-corrupt' });
});

test('whatever asks for an old blob saves it from the next collection', async () => {
  const folder = await newFolder();
  const blobs = await openFilesystemBlobs({ folder });
  const askers = {
    put: (bytes: Buffer) => blobs.put(bytes),
    get: (bytes: Buffer) => blobs.get(digestOf(bytes)),
    has: (bytes: Buffer) => blobs.has(digestOf(bytes)),
    openRead: (bytes: Buffer) => blobs.openRead(digestOf(bytes)),
  };
  for (const [name, ask] of Object.entries(askers)) {
    const bytes = Buffer.from(name);
    const path = pathOf(folder, await blobs.put(bytes));
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(path, anHourAgo, anHourAgo);
    await ask(bytes);
    assert.equal((await blobs.collect(new Set(), 60_000)).removed, 0, name);
    await utimes(path, anHourAgo, anHourAgo);
    assert.equal((await blobs.collect(new Set(), 60_000)).removed, 1, name);
  }
});

test('what was said to be there stays there beside collectors that never rest', async () => {
  const folder = await newFolder();
  const user = await openFilesystemBlobs({ folder });
  const collector = await openFilesystemBlobs({ folder });
  const bytes = Buffer.from('wanted and unwanted');
  const digest = await user.put(bytes);
  const anHourAgo = new Date(Date.now() - 3_600_000);
  const over = new AbortController();
  const collecting = (async () => {
    while (!over.signal.aborted) await collector.collect(new Set(), 60_000);
  })();
  let asked = 0;
  for (let round = 0; round < 300; round += 1) {
    await utimes(pathOf(folder, digest), anHourAgo, anHourAgo).catch(() => undefined);
    const isThere = await user.has(digest);
    if (isThere) {
      asked += 1;
      assert.deepEqual(Buffer.from((await user.get(digest)) ?? []), bytes, `round ${round}`);
      const reader = await user.openRead(digest);
      assert.ok(reader);
      assert.deepEqual(await buffer(reader.read()), bytes);
    } else await user.put(bytes);
  }
  over.abort();
  await collecting;
  assert.ok(asked > 0, 'both happened');
});

test('a collector that died between its two steps loses nothing', async () => {
  const folder = await newFolder();
  const blobs = await openFilesystemBlobs({ folder });
  const kept = await blobs.put(Buffer.from('kept'));
  const hex = kept.slice(7);
  await rename(pathOf(folder, kept), join(folder, 'blobs', 'trash', hex));
  assert.equal((await blobs.collect(new Set([kept]), 0)).kept, 1);
  await rename(pathOf(folder, kept), join(folder, 'blobs', 'trash', hex));
  assert.equal(await blobs.has(kept), true);
});
