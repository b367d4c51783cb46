import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { JOURNAL_ENTRY_LIMIT_BYTES } from './limits.ts';
import type { Journal, JournalEntry, JournalQuery } from './port.ts';

/** A new, empty journal, and a way to reach it by another connection, as another process would. */
export interface OpenJournal {
  readonly journal: Journal;
  connect(): Promise<Journal>;
}

/** Every adapter of the journal port passes this suite. */
export function describeJournal(name: string, open: () => Promise<OpenJournal>): void {
  describe(`${name} as a journal`, () => {
    describe('appends', () => describeAppends(open));
    describe('ranges', () => describeRanges(open));
    describe('tails', () => describeTails(open));
    describe('trimming', () => describeTrimming(open));
  });
}

function note(kind: string, subject = 'site') {
  return { kind, subject, who: 'test' };
}

function describeAppends(open: () => Promise<OpenJournal>): void {
  test('gives an entry its position and time, and keeps all of it', async () => {
    const { journal, connect } = await open();
    const beforeMs = Date.now();
    const entry = {
      ...note('release.reverted', 'donations'),
      why: 'sick',
      data: { rung: ['a', 1] },
    };
    const appended = await journal.append(entry);
    assert.deepEqual(appended, { ...entry, position: 1, atMs: appended.atMs });
    assert.ok(appended.atMs >= beforeMs && appended.atMs <= Date.now());
    assert.deepEqual(await (await connect()).range({}), [appended]);
  });

  test('what was left out reads as null', async () => {
    const { journal } = await open();
    const { why, data } = await journal.append(note('a.b'));
    assert.deepEqual({ why, data }, { why: null, data: null });
  });

  test('positions of many appenders leave no gap and are none twice', async () => {
    const { journal, connect } = await open();
    const connections = [journal, await connect(), await connect()];
    const appends = connections.flatMap((connection) =>
      Array.from({ length: 40 }, () => connection.append(note('counted'))),
    );
    const positions = (await Promise.all(appends)).map((entry) => entry.position);
    assert.deepEqual(
      positions.toSorted((x, y) => x - y),
      Array.from({ length: 120 }, (_, index) => index + 1),
    );
    assert.equal(await journal.last(), 120);
  });

  test('one appender finds its entries in the order of its calls', async () => {
    const { journal } = await open();
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => journal.append({ ...note('n'), data: n })),
    );
    assert.deepEqual(
      (await journal.range({})).map((entry) => entry.data),
      Array.from({ length: 100 }, (_, n) => n),
    );
  });

  test('refuses an entry beyond the limit', async () => {
    const { journal } = await open();
    const data = 'x'.repeat(JOURNAL_ENTRY_LIMIT_BYTES);
    await assert.rejects(journal.append({ ...note('large'), data }), {
      code: 'journal-entry-too-large',
    });
    assert.equal(await journal.last(), 0);
  });

  test('answers nothing after it was closed', async () => {
    const { connect } = await open();
    const journal = await connect();
    await journal.close();
    await assert.rejects(journal.append(note('late')), { code: 'journal-unavailable' });
  });
}

function describeRanges(open: () => Promise<OpenJournal>): void {
  const filled = async () => {
    const { journal } = await open();
    const kinds = [
      'release',
      'release.started',
      'released',
      'release.canary.failed',
      'instance.started',
    ];
    for (const kind of kinds) await journal.append(note(kind, 'donations'));
    for (const kind of kinds) await journal.append(note(kind, 'identity'));
    return async (query: JournalQuery) =>
      (await journal.range(query)).map((entry) => entry.position);
  };

  test('are oldest first, after one position up to and with another', async () => {
    const positions = await filled();
    assert.deepEqual(await positions({}), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(await positions({ after: 2, before: 5 }), [3, 4, 5]);
    assert.deepEqual(await positions({ after: 10 }), []);
  });

  test('are bounded from the old end, or the new one if asked', async () => {
    const positions = await filled();
    assert.deepEqual(await positions({ limit: 3 }), [1, 2, 3]);
    assert.deepEqual(await positions({ limit: 3, newest: true }), [8, 9, 10]);
    assert.deepEqual(await positions({ limit: 2, newest: true, before: 5 }), [4, 5]);
  });

  test('filter by kind with all below it, and by subject', async () => {
    const positions = await filled();
    assert.deepEqual(await positions({ kind: 'release' }), [1, 2, 4, 6, 7, 9]);
    assert.deepEqual(await positions({ kind: 'release.canary' }), [4, 9]);
    assert.deepEqual(await positions({ subject: 'identity' }), [6, 7, 8, 9, 10]);
    assert.deepEqual(await positions({ kind: 'release', subject: 'identity', limit: 1 }), [6]);
    assert.deepEqual(await positions({ kind: 'rel' }), []);
  });
}

function describeTails(open: () => Promise<OpenJournal>): void {
  test('tell what there was and what comes, in order, none missed', async () => {
    const { journal, connect } = await open();
    for (let n = 1; n <= 300; n += 1) void journal.append(note('early'));
    await journal.append(note('middle'));
    const heard: JournalEntry[] = [];
    const watch = await (await connect()).tail(5, (entry) => heard.push(entry));
    assert.equal(heard.length, 296);
    for (let n = 1; n <= 300; n += 1) void journal.append(note('late'));
    const last = await journal.append(note('end'));
    await hears(heard, last.position);
    assert.deepEqual(
      heard.map((entry) => entry.position),
      Array.from({ length: 597 }, (_, index) => index + 6),
    );
    watch.close();
  });

  test('tell nothing more once they are closed', async () => {
    const { journal } = await open();
    const heard: JournalEntry[] = [];
    const control: JournalEntry[] = [];
    const watch = await journal.tail(0, (entry) => heard.push(entry));
    const other = await journal.tail(0, (entry) => control.push(entry));
    watch.close();
    await hears(control, (await journal.append(note('unheard'))).position);
    assert.deepEqual(heard, []);
    other.close();
  });
}

function describeTrimming(open: () => Promise<OpenJournal>): void {
  const filled = async () => {
    const { journal } = await open();
    for (let n = 0; n < 10; n += 1)
      await journal.append({ ...note('k', 's'), data: 'x'.repeat(92) });
    return journal;
  };

  test('keeps the newest by number', async () => {
    const journal = await filled();
    assert.deepEqual(await journal.trim({ keepEntries: 4 }), { removed: 6, oldest: 7 });
    assert.deepEqual(await journal.trim({ keepEntries: 4 }), { removed: 0, oldest: 7 });
    assert.equal((await journal.range({})).length, 4);
  });

  test('keeps the newest by size', async () => {
    const journal = await filled();
    // Each has 1 + 1 + 4 bytes of texts and 94 of data.
    assert.deepEqual(await journal.trim({ keepBytes: 350 }), { removed: 7, oldest: 8 });
  });

  test('keeps the newest by age', async () => {
    const journal = await filled();
    assert.deepEqual(await journal.trim({ keepMs: 60_000 }), { removed: 0, oldest: 1 });
    assert.deepEqual(await journal.trim({ keepMs: -60_000 }), { removed: 10, oldest: 0 });
  });

  test('never gives a position again, not even when all are gone', async () => {
    const journal = await filled();
    await journal.trim({ keepEntries: 0 });
    assert.equal(await journal.last(), 10);
    assert.equal((await journal.append(note('next'))).position, 11);
  });
}

async function hears(heard: readonly JournalEntry[], position: number): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while ((heard.at(-1)?.position ?? 0) < position) {
    assert.ok(performance.now() < deadlineMs, `position ${position} was told in 10 s`);
    await delay(2);
  }
}
