import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { count } from '../../../tests/support/prove.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import type { WriteDamage } from '../../ports/writes/port.ts';
import { LogDirectory } from './log-directory.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import { openLogWrites } from './writes.ts';
import { decodeWriteRecord, encodeWriteRecord, writeRecordBytes } from './write-record.ts';
import { ownWriterIdentity } from './writer-identity.ts';

/**
 * The writer of every log here belongs to an earlier boot: it is dead, and what it left is all
 * there is.
 */
const deadWriter = { ...ownWriterIdentity(), bootId: 'an-earlier-boot' };

function record(key: string, text: string): Buffer {
  const write = {
    id: `id-${text}`,
    feature: 'shop.buy',
    key,
    body: Buffer.from(text),
    boot: 1,
    stampNs: process.hrtime.bigint(),
    acceptedAtMs: Date.now(),
    expiresAtMs: Date.now() + 60_000,
    origin: 'accepted',
  } as const;
  const bytes = Buffer.alloc(writeRecordBytes(write));
  encodeWriteRecord(bytes, 0, write);
  return bytes;
}

/** Writes a dead log with one group for each text, and returns its files. */
function writeLog(folder: string, texts: readonly string[], segmentBytes = 1e9): LogDirectory {
  const directory = new LogDirectory(folder);
  directory.create();
  const writer = new LogWriter({
    directory,
    identity: deadWriter,
    boot: 1,
    segmentBytes,
    sync: 'fdatasync',
    nowMs: Date.now,
  });
  for (const text of texts) {
    assert.equal(writer.append([record(`key-${text}`, text)]).kind, 'durable');
  }
  // Not closed: it died.
  return directory;
}

interface ReadBack {
  readonly texts: readonly string[];
  readonly damage: readonly WriteDamage[];
}

function readBack(directory: LogDirectory): ReadBack {
  const texts: string[] = [];
  const damage: WriteDamage[] = [];
  for (const name of directory.logNames()) {
    const reader = new LogReader(directory, name, {
      mayStillWrite: () => false,
      onDamage: (one) => damage.push(one),
    });
    reader.read(({ payload }) => {
      texts.push(Buffer.from(decodeWriteRecord(payload).body).toString());
    });
    assert.ok(reader.finished, 'a dead log is read to its end at once');
    reader.close();
  }
  return { texts, damage };
}

function onlyLog(directory: LogDirectory): string {
  const [name] = directory.logNames();
  assert.ok(name !== undefined);
  return name;
}

/** The same store with one segment's bytes changed. */
function copyWith(
  directory: LogDirectory,
  target: string,
  index: number,
  bytes: Buffer,
): LogDirectory {
  const copy = new LogDirectory(target);
  copy.create();
  const log = onlyLog(directory);
  mkdirSync(copy.log(log), { recursive: true });
  for (const name of readdirSync(directory.log(log))) {
    copyFileSync(join(directory.log(log), name), join(copy.log(log), name));
  }
  writeFileSync(copy.segment(log, index), bytes);
  return copy;
}

test('a log cut at any byte of its last record has what stood before, nothing else', async () => {
  const folder = await temporaryFolder('cut');
  const texts = ['one', 'two', 'three'];
  const directory = writeLog(join(folder, 'whole'), texts);
  const whole = readFileSync(directory.segment(onlyLog(directory), 1));
  const lastRecord = writeRecordBytes({
    id: 'id-three',
    feature: 'shop.buy',
    key: 'key-three',
    body: Buffer.from('three'),
  });
  const slotBytes = 32;
  const start = whole.length - lastRecord - slotBytes;
  for (let length = start; length <= whole.length; length += 1) {
    const copy = copyWith(directory, join(folder, `${length}`), 1, whole.subarray(0, length));
    const { texts: found, damage } = readBack(copy);
    const isWhole = length >= whole.length - slotBytes;
    assert.deepEqual(found, isWhole ? texts : texts.slice(0, 2), `cut to ${length} bytes`);
    const isClean =
      length === start || length === whole.length - slotBytes || length === whole.length;
    assert.deepEqual(
      damage.map(({ kind }) => kind),
      isClean ? [] : ['torn'],
      `cut to ${length} bytes`,
    );
  }
});

test('appends and replay go on beside a log whose last record is torn', async () => {
  const folder = await temporaryFolder('torn');
  const directory = writeLog(join(folder, 'whole'), ['one', 'two']);
  const whole = readFileSync(directory.segment(onlyLog(directory), 1));
  for (const cut of [1, 33, 40, 70, 120]) {
    const bytes = whole.subarray(0, whole.length - cut);
    const { path } = copyWith(directory, join(folder, `${cut}`), 1, bytes);
    const writes = await openLogWrites({ path });
    try {
      await writes.append({ feature: 'f', key: 'k', body: Buffer.from('later'), forMs: 60_000 });
      const drain = await writes.drain({ fence: 1, holder: 'test' });
      const claimed = await drain.claim({ limit: 10, forMs: 60_000 });
      const texts = claimed.map(({ body }) => Buffer.from(body).toString());
      assert.deepEqual(texts, cut <= 32 ? ['one', 'two', 'later'] : ['one', 'later']);
      for (const one of claimed) assert.equal(await drain.acknowledge(one), 'settled');
      const { depth, damage } = await writes.stats();
      assert.equal(depth, 0);
      assert.deepEqual(
        damage.map(({ kind }) => kind),
        ['torn'],
      );
    } finally {
      await writes.close();
    }
  }
});

test('a flipped bit is named with its file and place, and everything else is served', async () => {
  const { randomness } = testSeed('flipped bits');
  const folder = await temporaryFolder('flip');
  const texts = Array.from({ length: 12 }, (_, index) => `text-${index}`);
  const directory = writeLog(join(folder, 'whole'), texts, 700);
  const log = onlyLog(directory);
  const indexes = directory.segmentIndexes(log);
  assert.ok(indexes.length > 2, 'several segments');
  for (let round = 0; round < count(150, 5_000); round += 1) {
    // Not the last segment: what its last group lost cannot be told from a group under way.
    const index = indexes[randomness.integer(indexes.length - 1)] ?? 1;
    const bytes = readFileSync(directory.segment(log, index));
    const at = randomness.integer(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << randomness.integer(8));
    const copy = copyWith(directory, join(folder, 'flipped'), index, bytes);
    let result: ReadBack;
    try {
      result = readBack(copy);
    } catch (error) {
      // A bit of the version makes the file one of a newer Turnout.
      assert.equal((error as { code?: string }).code, 'writes-newer-format');
      continue;
    }
    const lost = texts.filter((text) => !result.texts.includes(text));
    assert.deepEqual(
      result.texts,
      texts.filter((text) => !lost.includes(text)),
      'nothing is invented, doubled or out of order',
    );
    assert.ok(lost.length <= 1, `one bit costs one record at most, not ${lost.join()}`);
    if (lost.length === 0) continue;
    const [first] = result.damage;
    assert.ok(first !== undefined && result.damage.length <= 2);
    assert.equal(first.kind, 'damaged');
    assert.equal(first.file, copy.segment(log, index));
    assert.ok(first.offset <= at && at < first.offset + first.bytes, `${at} in ${first.message}`);
  }
});

test('a segment cut in the middle of the log names the writes that are missing', async () => {
  const folder = await temporaryFolder('middle');
  const texts = Array.from({ length: 12 }, (_, index) => `text-${index}`);
  const directory = writeLog(join(folder, 'whole'), texts, 700);
  const log = onlyLog(directory);
  const bytes = readFileSync(directory.segment(log, 2));
  for (let length = 0; length < bytes.length; length += 7) {
    const copy = copyWith(directory, join(folder, 'cut'), 2, bytes.subarray(0, length));
    const { texts: found, damage } = readBack(copy);
    const lost = texts.filter((text) => !found.includes(text));
    assert.deepEqual(
      found,
      texts.filter((text) => !lost.includes(text)),
    );
    if (lost.length === 0) continue;
    const numbers = [lost.at(0), lost.at(-1)].map((text) => texts.indexOf(text ?? '') + 1);
    const missing = damage.find(({ message }) => message.includes('missing'));
    assert.ok(missing !== undefined, `${lost.length} writes are lost without a word`);
    assert.equal(missing.file, copy.segment(log, 2));
    assert.ok(missing.message.includes(`${numbers[0]}–${numbers[1]}`), missing.message);
  }
});

test('a damaged segment is kept aside once everything else in it is settled', async () => {
  const folder = await temporaryFolder('quarantine');
  const directory = writeLog(join(folder, 'whole'), ['one', 'two', 'three', 'four'], 1e9);
  const log = onlyLog(directory);
  const bytes = readFileSync(directory.segment(log, 1));
  const at = bytes.indexOf('key-two');
  bytes[at] = 0;
  const { path } = copyWith(directory, join(folder, 'damaged'), 1, bytes);
  const writes = await openLogWrites({ path });
  try {
    const drain = await writes.drain({ fence: 1, holder: 'test' });
    const claimed = await drain.claim({ limit: 10, forMs: 60_000 });
    assert.deepEqual(
      claimed.map(({ body }) => Buffer.from(body).toString()),
      ['one', 'three', 'four'],
    );
    for (const one of claimed) await drain.acknowledge(one);
    const { damage } = await writes.stats();
    assert.match(damage[0]?.message ?? '', /00000001\.log at byte \d+ \(\d+ bytes\)/);
    assert.deepEqual(readdirSync(join(path, 'logs')), []);
    assert.deepEqual(readdirSync(join(path, 'quarantine')), [`${log}-00000001.log`]);
  } finally {
    await writes.close();
  }
});

test('a log of a newer format is refused with a remedy', async () => {
  const folder = await temporaryFolder('newer');
  const directory = writeLog(join(folder, 'whole'), ['one']);
  const bytes = readFileSync(directory.segment(onlyLog(directory), 1));
  bytes.write('TURNOUT-LOG 2  ');
  const { path } = copyWith(directory, join(folder, 'newer'), 1, bytes);
  await assert.rejects(openLogWrites({ path }), { code: 'writes-newer-format' });
});

test('a log whose writer died before its header was whole is removed in time', async () => {
  const path = join(await temporaryFolder('stillborn'), 'writes');
  const directory = new LogDirectory(path);
  directory.create();
  const longAgo = new Date(Date.now() - 4_000_000);
  for (const [name, header] of [
    ['aaaaaaaaaaaaaaaaaaaaaaaa', ''],
    ['bbbbbbbbbbbbbbbbbbbbbbbb', 'TURNOUT-LOG 1'],
  ] as const) {
    mkdirSync(directory.log(name));
    writeFileSync(directory.segment(name, 1), header);
    utimesSync(directory.log(name), longAgo, longAgo);
  }
  mkdirSync(directory.log('cccccccccccccccccccccccc'));
  const writes = await openLogWrites({ path });
  await writes.drain({ fence: 1, holder: 'test' });
  assert.deepEqual(directory.logNames(), ['cccccccccccccccccccccccc'], 'the young one may grow');
  await writes.close();
});
