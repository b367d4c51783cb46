import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Journal, JournalEntry } from '../../ports/journal/port.ts';
import { startChild, type TestChild } from '../../../tests/support/child-process.ts';
import { count, reportNumbers } from '../../../tests/support/prove.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteJournal } from './journal.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('killed-writers');
const { randomness } = testSeed('killed writers');

test('kill -9 at any moment loses nothing acknowledged and leaves both files sound', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const rounds = count(4, 100);
  const acknowledged = new Map<number, { name: string; number: number }>();
  let lastRevision = 0;
  let puts = 0;
  for (let round = 0; round < rounds; round += 1) {
    const names = [`first-${round}`, `second-${round}`];
    const writers = names.map((name) =>
      startChild('storage-process.ts', 'append for ever', { folder, name }),
    );
    await Promise.all(writers.map((writer) => writer.says('started')));
    for (const writer of writers) {
      await delay(randomness.integer(120));
      writer.signal('SIGKILL');
    }
    await Promise.all(writers.map((writer) => writer.exited()));
    writers.forEach((writer, index) => {
      noteAppends(writer, names[index] ?? '', acknowledged);
    });
    const revisions = writers.flatMap((writer) => revisionsOf(writer));
    assert.ok(
      revisions.every((revision) => revision > lastRevision),
      'no revision comes again',
    );
    assert.equal(new Set(revisions).size, revisions.length, 'and none was given twice');
    puts += revisions.length;
    lastRevision = await revisionNow(folder);
    assert.ok(revisions.every((revision) => revision < lastRevision));
  }
  const journal = await openSqliteJournal({ folder });
  const entries = await allOf(journal);
  assert.deepEqual(
    entries.map((entry) => entry.position),
    Array.from({ length: entries.length }, (_, index) => index + 1),
    'positions leave no gap',
  );
  for (const [position, data] of acknowledged) {
    assert.deepEqual(entries[position - 1]?.data, data, `entry ${position} is as acknowledged`);
  }
  await journal.close();
  for (const file of ['state.db', 'journal.db']) assertSound(join(folder, file));
  const appends = acknowledged.size;
  reportNumbers('kills of writers', { kills: 2 * rounds, appends, entries: entries.length, puts });
  assert.ok(appends > 0 && puts > 0);
});

function noteAppends(
  writer: TestChild,
  name: string,
  acknowledged: Map<number, { name: string; number: number }>,
): void {
  for (const message of writer.messages) {
    if (message.kind !== 'appended') continue;
    const { position, number } = message as unknown as { position: number; number: number };
    assert.ok(!acknowledged.has(position), `position ${position} was given once`);
    acknowledged.set(position, { name, number });
  }
}

function revisionsOf(writer: TestChild): number[] {
  return writer.messages.flatMap((message) =>
    message.kind === 'put' ? [Number(message['revision'])] : [],
  );
}

async function revisionNow(folder: string): Promise<number> {
  const state = await openSqliteState({ folder });
  const revision = await state.put('mark', 'between rounds');
  await state.close();
  return revision;
}

async function allOf(journal: Journal): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (;;) {
    const next = await journal.range({ after: entries.length, limit: 10_000 });
    if (next.length === 0) return entries;
    entries.push(...next);
  }
}

function assertSound(file: string): void {
  const database = new DatabaseSync(file);
  assert.deepEqual(Object.values(database.prepare('PRAGMA integrity_check').get() ?? {}), ['ok']);
  database.close();
}
