import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { StoredAnswer } from '../../../src/data-plane/edge/cache/stored-answer.ts';
import { WireMemo } from '../../../src/data-plane/exchange.ts';
import { DiskTier } from '../../../src/data-plane/edge/cache/disk/disk-tier.ts';

const silent: Log = { progress: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const freshness = {
  lifetimeMs: 60_000,
  isHeuristic: false,
  mustValidate: false,
  neverStale: false,
  whileRevalidateMs: 0,
  ifErrorMs: 0,
};

function answer(text: string, parts: Partial<StoredAnswer> = {}): StoredAnswer {
  return {
    status: 200,
    headers: ['content-type', 'text/plain'],
    body: Buffer.from(text),
    part: null,
    variant: [],
    freshness,
    receivedMs: systemClock.monotonicMs(),
    initialAgeMs: 0,
    memo: new WireMemo(),
    isExpired: false,
    ...parts,
  };
}

function tier(folder: string, limitBytes = 1_000_000): DiskTier {
  return new DiskTier({ folder, limitBytes, clock: systemClock, log: silent });
}

async function opened(folder: string, limitBytes?: number): Promise<DiskTier> {
  const disk = tier(folder, limitBytes);
  await disk.open(Promise.resolve());
  return disk;
}

/** Files them as a worker that ends. */
async function filed(folder: string, answers: Readonly<Record<string, StoredAnswer>>) {
  const disk = await opened(folder);
  for (const [address, each] of Object.entries(answers)) disk.put(address, each, ['tag']);
  await disk.close();
}

async function found(disk: DiskTier, address: string): Promise<string | null> {
  const stored = await disk.find(address, []);
  return stored === null ? null : String(stored.body);
}

/** The only answer that lies there. */
function fileIn(folder: string): string {
  const [file = '', ...others] = globSync(join(folder, '??', '*'));
  assert.deepEqual(others, []);
  return file;
}

describe('answers on disk', () => {
  test('are found again by the worker that follows, as old as they are', async () => {
    const folder = await temporaryFolder('disk-tier');
    const receivedMs = systemClock.monotonicMs() - 5_000;
    await filed(folder, { '/a': answer('a', { receivedMs, initialAgeMs: 7_000 }) });
    const disk = await opened(folder);
    const stored = await disk.find('/a', []);
    assert.equal(String(stored?.body), 'a');
    assert.deepEqual(stored?.headers, ['content-type', 'text/plain']);
    const agoMs = systemClock.monotonicMs() - (stored?.receivedMs ?? 0);
    assert.ok(agoMs >= 4_900 && agoMs < 60_000, `${agoMs}`);
    assert.equal(stored?.initialAgeMs, 7_000);
    assert.equal(disk.find('/b', []), null);
    await disk.close();
  });

  test('keep apart what varies', async () => {
    const folder = await temporaryFolder('disk-tier');
    const disk = await opened(folder);
    for (const said of ['en', 'fr']) {
      const variant = [{ name: 'accept-language', said, form: said }];
      disk.put('/a', answer(said, { variant }), []);
    }
    await disk.close();
    const again = await opened(folder);
    for (const said of ['en', 'fr']) {
      assert.equal(String((await again.find('/a', ['accept-language', said]))?.body), said);
    }
    assert.equal(again.find('/a', []), null);
    await again.close();
  });

  test('that are not as they were written are not there, whatever was done to them', async () => {
    const harms: Readonly<Record<string, (file: string) => Promise<void>>> = {
      'a byte of the body': async (file) => {
        const bytes = await readFile(file);
        bytes[bytes.length - 1] = 0;
        await writeFile(file, bytes);
      },
      'a byte of the head': async (file) => {
        const bytes = await readFile(file);
        bytes[60] = 0x20;
        await writeFile(file, bytes);
      },
      'cut in the body': async (file) => truncate(file, (await readFile(file)).length - 3),
      'cut in the head': (file) => truncate(file, 50),
      'cut at its start': (file) => truncate(file, 3),
      'nothing left': (file) => truncate(file, 0),
      'a head of no end': async (file) => {
        const bytes = await readFile(file);
        bytes.writeUInt32BE(0xffff_ffff, 5);
        await writeFile(file, bytes);
      },
    };
    for (const [what, harm] of Object.entries(harms)) {
      const folder = await temporaryFolder('disk-tier');
      await filed(folder, { '/a': answer('what was kept') });
      await harm(fileIn(folder));
      const disk = await opened(folder);
      assert.equal(await found(disk, '/a'), null, what);
      await disk.close();
      assert.deepEqual(globSync(join(folder, '??', '*')), [], `${what}: it is removed`);
    }
  });

  test('that were half written when the worker died are removed', async () => {
    const folder = await temporaryFolder('disk-tier');
    await filed(folder, { '/a': answer('a') });
    await writeFile(`${fileIn(folder)}.0c8ae5b0`, 'half');
    const disk = await opened(folder);
    assert.equal(await found(disk, '/a'), 'a');
    await disk.close();
    fileIn(folder);
  });

  test('make room for others within the limit, and their files go', async () => {
    const folder = await temporaryFolder('disk-tier');
    const disk = await opened(folder, 100_000);
    for (let n = 0; n < 100; n++) disk.put(`/${n}`, answer('x'.repeat(5_000)), []);
    await disk.close();
    assert.ok(disk.usage().bytes <= 100_000);
    assert.equal(globSync(join(folder, '??', '*')).length, disk.usage().answers);
    assert.ok(disk.usage().answers > 5);
  });
});

describe('a purge of what is on disk', () => {
  test('holds for the worker that follows, by key and softly too', async () => {
    const folder = await temporaryFolder('disk-tier');
    await filed(folder, { '/a': answer('a'), '/b': answer('b') });
    const disk = await opened(folder);
    assert.equal(disk.purge({ kind: 'address', address: '/a' }, true, systemClock.nowMs()), 1);
    await disk.close();
    const after = await opened(folder);
    assert.equal((await after.find('/a', []))?.isExpired, true);
    assert.equal((await after.find('/b', []))?.isExpired, false);
    assert.equal(after.purge({ kind: 'key', key: 'tag' }, false, systemClock.nowMs()), 2);
    await after.close();
    const last = await opened(folder);
    assert.deepEqual([await found(last, '/a'), await found(last, '/b')], [null, null]);
    await last.close();
  });

  test('that was said while the worker was away counts, and spares what came after', async () => {
    const folder = await temporaryFolder('disk-tier');
    await filed(folder, { '/old': answer('old') });
    const saidMs = systemClock.nowMs() + 1;
    const later = { ...systemClock, nowMs: () => systemClock.nowMs() + 1_000 };
    const other = new DiskTier({ folder, limitBytes: 1_000_000, clock: later, log: silent });
    await other.open(Promise.resolve());
    other.put('/new', answer('new'), []);
    await other.close();
    const disk = tier(folder);
    const told = Promise.withResolvers<void>();
    const opening = disk.open(told.promise);
    disk.purge({ kind: 'all' }, false, saidMs);
    assert.equal(disk.find('/new', []), null, 'nothing is given out before all purges are told');
    told.resolve();
    await opening;
    assert.deepEqual([await found(disk, '/old'), await found(disk, '/new')], [null, 'new']);
    await disk.close();
  });

  test('that nobody remembers since the worker was last there leaves nothing', async () => {
    for (const [awayMs, left] of [
      [60_000, null],
      [-60_000, 'a'],
    ] as const) {
      const folder = await temporaryFolder('disk-tier');
      await filed(folder, { '/a': answer('a') });
      const disk = tier(folder);
      disk.purgesForgotten(systemClock.nowMs() + awayMs);
      await disk.open(Promise.resolve());
      assert.equal(await found(disk, '/a'), left);
      await disk.close();
    }
  });
});
