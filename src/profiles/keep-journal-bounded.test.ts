import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSimulatedClock } from '../adapters/simulated/clock.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { createLog } from '../lib/log.ts';
import type { Journal } from '../ports/journal/port.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { keepJournalBounded } from './keep-journal-bounded.ts';

const hourMs = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'turnout-journal-'));
const log = createLog(openSync('/dev/null', 'a'), 'test');
after(() => rmSync(folder, { recursive: true }));

test('what is older than a month goes within the hour, and the rest stays', async () => {
  const clock = createSimulatedClock(1_800_000_000_000);
  const journal = await openSqliteJournal({ folder, clock });
  const entry = { kind: 'a.b', subject: 'site', who: 'test' };
  await journal.append(entry);
  await clock.advance(15 * 24 * hourMs);
  await journal.append(entry);
  const timer = keepJournalBounded(journal, clock, log);
  await clock.advance(15 * 24 * hourMs + 2 * hourMs);
  await eventually('one entry is left', async () => (await journal.range({})).length === 1);
  assert.equal((await journal.range({}))[0]?.position, 2);
  timer.cancel();
  assert.equal(clock.pending(), 0);
  await journal.close();
});

test('age, number and size are all bounded, and a failure is no end of it', async () => {
  const clock = createSimulatedClock();
  const asked: unknown[] = [];
  const trim: Journal['trim'] = async (retention) => {
    asked.push(retention);
    throw new Error('away');
  };
  const timer = keepJournalBounded({ trim } as Journal, clock, log);
  await clock.advance(2 * hourMs);
  timer.cancel();
  assert.equal(asked.length, 2);
  assert.deepEqual(Object.keys(asked[0] as object), ['keepMs', 'keepEntries', 'keepBytes']);
});
