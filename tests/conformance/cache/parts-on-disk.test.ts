import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { AnswerStore } from '../../../src/data-plane/edge/cache/answer-store.ts';
import { DiskTier } from '../../../src/data-plane/edge/cache/disk/disk-tier.ts';
import type { StoredAnswer } from '../../../src/data-plane/edge/cache/stored-answer.ts';
import { WireMemo } from '../../../src/data-plane/exchange.ts';
import type { Log } from '../../../src/lib/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const log: Log = { progress: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const limitBytes = 1_000_000;
const wholeBytes = 64_000;

class CountedDisk extends DiskTier {
  writes = 0;

  override put(...given: Parameters<DiskTier['put']>): void {
    this.writes += 1;
    super.put(...given);
  }
}

async function opened(folder: string): Promise<CountedDisk> {
  const disk = new CountedDisk({ folder, limitBytes, clock: systemClock, log });
  await disk.open(Promise.resolve());
  return disk;
}

/** The first so many bytes of what is `letter` all through. */
function beginning(bytes: number, letter = 'x'): StoredAnswer {
  const isWhole = bytes === wholeBytes;
  return {
    memo: new WireMemo(),
    status: isWhole ? 200 : 206,
    headers: ['etag', `"${letter}"`],
    body: Buffer.alloc(bytes, letter),
    part: isWhole ? null : { spans: [{ start: 0, end: bytes }], lengthBytes: wholeBytes },
    variant: [],
    freshness: {
      lifetimeMs: 60_000,
      isHeuristic: false,
      mustValidate: false,
      neverStale: false,
      whileRevalidateMs: 0,
      ifErrorMs: 0,
    },
    receivedMs: systemClock.monotonicMs(),
    initialAgeMs: 0,
    isExpired: false,
  };
}

const fileIn = (folder: string): string => globSync(join(folder, '??', '*')).join();

describe('a part on disk', () => {
  test('is found again as the part that it is', async () => {
    const folder = await temporaryFolder('parts');
    const disk = await opened(folder);
    const part = {
      spans: [
        { start: 2, end: 4 },
        { start: 7, end: 8 },
      ],
      lengthBytes: null,
    };
    disk.put('/a', { ...beginning(3), body: Buffer.from('237'), part }, []);
    await disk.close();
    const again = await opened(folder);
    const found = await again.find('/a', []);
    assert.deepEqual([found?.status, found?.part, String(found?.body)], [206, part, '237']);
    await again.close();
  });

  test('is no answer to a release that knows of none; what that filed is whole', async () => {
    const folder = await temporaryFolder('parts');
    const disk = await opened(folder);
    disk.put('/a', beginning(1_000), []);
    await disk.close();
    assert.equal((await readFile(fileIn(folder))).toString('latin1', 0, 4), 'TCP1');
    await writeFile(fileIn(folder), asBefore(await readFile(fileIn(folder))));
    const again = await opened(folder);
    assert.equal((await again.find('/a', []))?.part, null);
    await again.close();
  });

  test('is not written anew for every piece it grows by, and whole in the end', async () => {
    const folder = await temporaryFolder('parts');
    const disk = await opened(folder);
    const store = new AnswerStore(limitBytes, disk);
    for (let bytes = 1_000; bytes <= wholeBytes; bytes += 1_000) {
      store.putPart('/a', [], beginning(bytes), bytes > 1_000);
    }
    assert.ok(disk.writes <= 10, String(disk.writes));
    await disk.close();
    const again = await opened(folder);
    const found = await again.find('/a', []);
    assert.deepEqual([found?.part, found?.body.length], [null, wholeBytes]);
    await again.close();
  });

  test('gives way to a shorter one of another version', async () => {
    const folder = await temporaryFolder('parts');
    const disk = await opened(folder);
    const store = new AnswerStore(limitBytes, disk);
    store.putPart('/a', [], beginning(5_000, 'x'), false);
    store.putPart('/a', [], beginning(1_000, 'y'), false);
    await disk.close();
    const again = await opened(folder);
    assert.deepEqual((await again.find('/a', []))?.headers, ['etag', '"y"']);
    await again.close();
  });

  test('is purged with its address', async () => {
    const folder = await temporaryFolder('parts');
    const disk = await opened(folder);
    const store = new AnswerStore(limitBytes, disk);
    store.putPart('/a', [], beginning(1_000), false);
    store.purge({ kind: 'address', address: '/a' }, false, systemClock.nowMs());
    assert.equal(store.find('/a', []), null);
    assert.equal(store.findOnDisk('/a', []), null);
    await disk.close();
    assert.equal(fileIn(folder), '');
  });
});

/** The file as a release would have written it that knew of no parts. */
function asBefore(bytes: Buffer): Buffer {
  const end = 41 + bytes.readUInt32BE(5);
  const written: unknown = JSON.parse(bytes.toString('utf8', 41, end), (key, value: unknown) =>
    key === 'part' ? undefined : value,
  );
  const head = Buffer.from(JSON.stringify(written));
  const start = Buffer.from(bytes.subarray(0, 41));
  start.write('TCA1', 'latin1');
  start.writeUInt32BE(head.length, 5);
  const body = bytes.subarray(end);
  createHash('sha256').update(head).update(body).digest().copy(start, 9);
  return Buffer.concat([start, head, body]);
}
