import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountSmallDisk } from '../../../tests/support/small-disk.ts';
import { openSqliteJournal } from './journal.ts';
import { openSqliteState } from './state.ts';

test('a full disk refuses writes, is read, and is written again once there is space', async () => {
  const disk = mountSmallDisk(2 * 1024 * 1024);
  const folder = join(disk.folder, 'site');
  const state = await openSqliteState({ folder });
  const journal = await openSqliteJournal({ folder });
  const entry = { kind: 'a.b', subject: 'site', who: 'test', data: 'x'.repeat(20_000) };
  await state.put('kept', 'before');
  await journal.append(entry);
  disk.fill();

  const puts = await writesUntilRefused((n) => state.put(`big/${n}`, 'x'.repeat(20_000)));
  const appends = await writesUntilRefused(() => journal.append(entry));
  assert.equal((await state.get('kept'))?.value, 'before');
  assert.equal((await state.list('big/')).length, puts, 'what was refused was not written');
  assert.equal((await journal.range({})).length, appends + 1);

  disk.relieve();
  await state.put('kept', 'after');
  const next = await journal.append(entry);
  assert.equal(next.position, appends + 2, 'no position was used up');
  await Promise.all([state.close(), journal.close()]);
});

test('state cannot be made on a full disk, and can be once there is space', async () => {
  const disk = mountSmallDisk(512 * 1024);
  const folder = join(disk.folder, 'site');
  disk.fill(4096);
  await assert.rejects(openSqliteState({ folder }), { code: 'disk-full' });
  disk.relieve();
  const state = await openSqliteState({ folder });
  await state.put('made', true);
  await state.close();
});

/** How many writes succeeded before one was refused because the disk is full. */
async function writesUntilRefused(write: (number: number) => Promise<unknown>): Promise<number> {
  for (let written = 0; written < 1_000; written += 1) {
    try {
      await write(written);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'disk-full', String(error));
      return written;
    }
  }
  assert.fail('the disk never filled up');
}
