import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { TurnoutError } from '../../src/lib/errors.ts';
import type { Writes } from '../../src/ports/writes/port.ts';
import { reportNumbers } from '../support/prove.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A real file system of this size. */
function smallDisk(scope: AsyncDisposableStack, megabytes: number): string {
  assert.equal(process.getuid?.(), 0, 'this proof mounts a small file system: run it as root');
  const path = mkdtempSync(join(tmpdir(), 'turnout-disk-'));
  scope.defer(() => rmdirSync(path));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  assert.equal(mount.status, 0, mount.stderr.toString());
  scope.defer(() => assert.equal(spawnSync('umount', [path]).status, 0));
  return path;
}

async function open(scope: AsyncDisposableStack, path: string, limitBytes = 1e9): Promise<Writes> {
  const writes = await openLogWrites({ path, limitBytes, segmentBytes: 128 * 1024 });
  scope.defer(() => writes.close());
  return writes;
}

interface Filled {
  readonly accepted: string[];
  readonly refused: { readonly id: string; readonly code: string }[];
}

/** Appends until so many were refused. */
async function fill(writes: Writes, name: string, refusals: number): Promise<Filled> {
  const filled: Filled = { accepted: [], refused: [] };
  for (let number = 0; filled.refused.length < refusals; number += 8) {
    const batch = Array.from({ length: 8 }, async (_, index) => {
      const id = `${name}-${number + index}`;
      const key = `key-${index}`;
      try {
        await writes.append({ id, feature: 'f', key, body: new Uint8Array(3_000), forMs: 1e9 });
        filled.accepted.push(id);
      } catch (error) {
        assert.ok(error instanceof TurnoutError);
        filled.refused.push({ id, code: error.code });
      }
    });
    await Promise.all(batch);
  }
  return filled;
}

async function drainAll(writes: Writes, fence: number): Promise<readonly string[]> {
  const drain = await writes.drain({ fence, holder: 'test' });
  const ids: string[] = [];
  for (;;) {
    const claimed = await drain.claim({ limit: 64, forMs: 60_000 });
    if (claimed.length === 0) break;
    for (const one of claimed) assert.equal(await drain.acknowledge(one), 'settled');
    ids.push(...claimed.map(({ id }) => id));
  }
  await drain.close();
  return ids;
}

test('a disk filled by others refuses clearly, keeps what was accepted, and recovers', async () => {
  await using scope = new AsyncDisposableStack();
  const disk = smallDisk(scope, 6);
  const writes = await open(scope, join(disk, 'writes'));
  const filler = join(disk, 'filler');
  writeFileSync(filler, new Uint8Array(4 * 1024 * 1024));
  const full = await fill(writes, 'full', 24);
  assert.deepEqual([...new Set(full.refused.map(({ code }) => code))], ['disk-full']);
  for (const id of full.accepted) assert.equal((await writes.find(id))?.kind, 'queued', id);
  rmSync(filler);
  const { id } = await writes.append({
    feature: 'f',
    key: 'k',
    body: new Uint8Array(9),
    forMs: 1e9,
  });
  const replayed = await drainAll(writes, 1);
  assert.deepEqual([...replayed].sort(), [...full.accepted, id].sort());
  const { damage } = await writes.stats();
  assert.deepEqual(damage, []);
  const { accepted, refused } = full;
  reportNumbers('write log, disk full', { accepted: accepted.length, refused: refused.length });
});

test('a disk that the queue itself has filled is emptied by replay alone', async () => {
  await using scope = new AsyncDisposableStack();
  const disk = smallDisk(scope, 4);
  const writes = await open(scope, join(disk, 'writes'));
  // The first drain sets the reserve aside.
  await drainAll(writes, 1);
  const full = await fill(writes, 'full', 8);
  assert.deepEqual([...new Set(full.refused.map(({ code }) => code))], ['disk-full']);
  assert.deepEqual([...(await drainAll(writes, 2))].sort(), full.accepted.sort());
  const again = await fill(writes, 'again', 1);
  assert.ok(again.accepted.length > full.accepted.length / 2, 'the space is free again');
  assert.deepEqual([...(await drainAll(writes, 3))].sort(), again.accepted.sort());
});

test('the bound on all bytes refuses what is beyond it and no more', async () => {
  const folder = await temporaryFolder('bound');
  await using scope = new AsyncDisposableStack();
  const limitBytes = 4 * 1024 * 1024;
  const writes = await open(scope, join(folder, 'writes'), limitBytes);
  const { accepted, refused } = await fill(writes, 'full', 3);
  assert.deepEqual([...new Set(refused.map(({ code }) => code))], ['writes-full']);
  const { bytes } = await writes.stats();
  assert.ok(bytes <= limitBytes * 1.05 && bytes > limitBytes * 0.9, `${bytes} of ${limitBytes}`);
  assert.equal((await drainAll(writes, 1)).length, accepted.length);
});
