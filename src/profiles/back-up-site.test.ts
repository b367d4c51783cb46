import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { openLogWrites } from '../adapters/log/writes.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { claimStateFolder } from '../controller/keeper/claim-state-folder.ts';
import { backUpSite } from './back-up-site.ts';
import type { BackupReport } from './back-up-site.ts';

/** A site that is down, with one write in its queue. */
async function siteWithWrite(): Promise<StateFolder> {
  const folder = await claimStateFolder(join(await temporaryFolder('back-up'), 'state'), 'gifts');
  await (await openSqliteState({ folder: folder.root, clock: systemClock })).close();
  await (await openSqliteJournal({ folder: folder.root })).close();
  const writes = await openLogWrites({ path: folder.writes });
  const body = Buffer.from('gift');
  await writes.append({ id: 'one', feature: 'give.give', key: 'one', body, forMs: 3_600_000 });
  await writes.close();
  return folder;
}

function backUp(
  folder: StateFolder,
  target: string,
  onWrites: () => void = () => undefined,
): Promise<BackupReport> {
  const progress = (text: string): void => {
    if (text === 'queued writes') onWrites();
  };
  return backUpSite({ folder, site: 'gifts', target, keep: null, progress });
}

test('a backup whose queued writes are taken away meanwhile is none', async () => {
  const folder = await siteWithWrite();
  const target = await temporaryFolder('backups');
  const takeAway = (): void => rmSync(join(folder.run, 'backup-writes'), { recursive: true });
  await assert.rejects(backUp(folder, target, takeAway), { code: 'backup-source-gone' });
  // Nothing is left in the way of the next.
  await backUp(folder, target);
});

test('a second backup of a site is refused wherever it goes, and takes nothing away', async () => {
  const folder = await siteWithWrite();
  const [target, other] = [await temporaryFolder('backups'), await temporaryFolder('others')];
  let second: Promise<void> | undefined;
  const report = await backUp(folder, target, () => {
    second = assert.rejects(backUp(folder, other), { code: 'backup-under-way' });
  });
  assert.ok(second !== undefined, 'there was a second one');
  await second;
  const { files } = readManifest(report.folder);
  const queued = files.filter(({ path, bytes }) => path.startsWith('writes/logs') && bytes > 0);
  assert.ok(queued.length > 0, 'the write is in it');
  await backUp(folder, other);
});

test('a backup without the mark of the state folder is none', async () => {
  const folder = await siteWithWrite();
  const takeAway = (): void => rmSync(folder.versionFile);
  const made = backUp(folder, await temporaryFolder('backups'), takeAway);
  await assert.rejects(made, { code: 'backup-source-gone' });
});
