import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { readManifest, writeManifest } from '../backup/backup-manifest.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { claimStateFolder } from '../controller/keeper/claim-state-folder.ts';
import { backUpSite } from './back-up-site.ts';
import { restoreSite } from './restore-site.ts';

/** A site that is down, and a backup of it. */
async function backedUpSite(): Promise<{ readonly folder: StateFolder; readonly source: string }> {
  const folder = await claimStateFolder(join(await temporaryFolder('site'), 'state'), 'gifts');
  await (await openSqliteState({ folder: folder.root, clock: systemClock })).close();
  await (await openSqliteJournal({ folder: folder.root })).close();
  const target = await temporaryFolder('backups');
  const progress = (): void => undefined;
  const report = await backUpSite({ folder, site: 'gifts', target, keep: null, progress });
  return { folder, source: report.folder };
}

test('a backup that names a database by a way out of its folder restores nothing', async () => {
  const { source } = await backedUpSite();
  const manifest = readManifest(source);
  const root = join(await temporaryFolder('restored'), 'state');
  for (const resource of ['../../outside', '/outside', '..', '']) {
    const databases = [{ resource, how: 'stopped', stopLsn: null }] as const;
    await writeManifest(source, { ...manifest, databases });
    const restored = restoreSite({ source, root, force: false, progress: () => undefined });
    await assert.rejects(restored, { code: 'backup-damaged' });
  }
  assert.equal(existsSync(root), false);
});

test('a state folder that lacks parts makes room', async () => {
  const { folder, source } = await backedUpSite();
  for (const part of [folder.resources, folder.run, folder.instances, folder.stateDatabase]) {
    rmSync(part, { recursive: true });
  }
  const options = { source, root: folder.root, force: true, progress: () => undefined };
  const { replaced } = await restoreSite(options);
  assert.ok(replaced !== null && existsSync(replaced), 'it is set aside');
  assert.ok(existsSync(folder.stateDatabase));
});
