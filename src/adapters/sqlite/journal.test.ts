import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { describeJournal } from '../../ports/journal/contract.ts';
import type { Journal } from '../../ports/journal/port.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteJournal } from './journal.ts';

const root = await temporaryFolder('journal');
const opened: Journal[] = [];
after(() => Promise.all(opened.map((journal) => journal.close())));

test('trims more than one step at once, whatever is appended meanwhile', async () => {
  const journal = await openSqliteJournal({ folder: await mkdtemp(join(root, 'site-')) });
  opened.push(journal);
  const append = (_: unknown, number: number) =>
    journal.append({ kind: 'a.b', subject: 'site', who: 'test', data: number });
  for (let batch = 0; batch < 12; batch += 1)
    await Promise.all(Array.from({ length: 1_000 }, append));
  const trimming = journal.trim({ keepEntries: 100 });
  await append(null, 0);
  const { removed, oldest } = await trimming;
  assert.equal(oldest, removed + 1);
  assert.ok(removed >= 11_900 && removed <= 11_901);
});

describeJournal('SQLite', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const connect = async () => {
    const journal = await openSqliteJournal({ folder });
    opened.push(journal);
    return journal;
  };
  return { journal: await connect(), connect };
});
