import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { mountSmallDisk } from '../../tests/support/small-disk.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { readManifest, writeManifest } from '../backup/backup-manifest.ts';
import type { BackupManifest } from '../backup/backup-manifest.ts';
import { stateFolder } from '../contract/state-folder.ts';
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

test('a manifest sealed anew that lacks parts restores nothing', async () => {
  const { source } = await backedUpSite();
  const manifest = readManifest(source);
  const root = join(await temporaryFolder('restored'), 'state');
  for (const [part, value] of [
    ['files', null],
    ['links', [{}]],
    ['databases', [null]],
    ['folders', 'none'],
    ['format', 'one'],
    ['stateFormat', -1],
  ] as const) {
    await writeManifest(source, { ...manifest, [part]: value } as BackupManifest);
    const restored = restoreSite({ source, root, force: false, progress: () => undefined });
    await assert.rejects(restored, { code: 'backup-damaged' }, part);
  }
  assert.equal(existsSync(root), false);
});

test('a file system of its own is refused with where to restore instead', async () => {
  const { source } = await backedUpSite();
  const { folder: root } = mountSmallDisk(8 * 1024 * 1024);
  const restored = restoreSite({ source, root, force: false, progress: () => undefined });
  await assert.rejects(restored, { code: 'restore-mount-point' });
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

test('a site that comes up while its backup is read keeps its state folder', async () => {
  const { source } = await backedUpSite();
  for (const isThere of [true, false]) {
    const root = join(await temporaryFolder('restored'), 'state');
    if (isThere) mkdirSync(root);
    const progress = (): void => {
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, 'state.db'), 'of the site that runs');
    };
    const restored = restoreSite({ source, root, force: false, progress });
    await assert.rejects(restored, { code: 'restore-not-empty' });
    assert.equal(readFileSync(join(root, 'state.db'), 'utf8'), 'of the site that runs');
    assert.equal(existsSync(`${root}.restoring`), false);
  }
});

test('an empty folder is filled, and what could not be unpacked whole takes no room', async () => {
  const { source } = await backedUpSite();
  const root = join(await temporaryFolder('restored'), 'state');
  mkdirSync(root);
  const options = { source, root, force: false, progress: () => undefined };
  const [file] = readManifest(source).files;
  assert.ok(file);
  const path = join(source, 'state', file.path);
  const content = readFileSync(path);
  rmSync(path);
  await assert.rejects(restoreSite(options), { code: 'backup-damaged' });
  assert.deepEqual(readdirSync(dirname(root)), ['state']);
  writeFileSync(path, content);
  assert.equal((await restoreSite(options)).replaced, null);
  assert.ok(existsSync(stateFolder(root).stateDatabase));
});

test('a link to an empty folder on another disk is filled', async () => {
  const { source } = await backedUpSite();
  const folder = await temporaryFolder('restored');
  mkdirSync(join(folder, 'large'));
  const root = join(folder, 'state');
  symlinkSync(join(folder, 'large'), root);
  await restoreSite({ source, root, force: false, progress: () => undefined });
  assert.ok(lstatSync(root).isSymbolicLink());
  assert.ok(existsSync(stateFolder(join(folder, 'large')).stateDatabase));
});

test('a backup whose links stand where we write restores nothing', async () => {
  const { source } = await backedUpSite();
  const manifest = readManifest(source);
  const outside = await temporaryFolder('outside');
  const root = join(await temporaryFolder('restored'), 'state');
  for (const path of ['resources/db', 'state', 'elsewhere', 'run/token', 'releases', '../beside']) {
    await writeManifest(source, { ...manifest, links: [{ path, target: outside }] });
    const restored = restoreSite({ source, root, force: false, progress: () => undefined });
    await assert.rejects(restored, { code: 'backup-damaged' });
  }
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(existsSync(root), false);
});

test('no file of a backup is restored with the rights of another account', async () => {
  const { source } = await backedUpSite();
  const manifest = readManifest(source);
  const files = manifest.files.map((file) => ({ ...file, mode: file.mode | 0o6000 }));
  await writeManifest(source, { ...manifest, files });
  const root = join(await temporaryFolder('restored'), 'state');
  await restoreSite({ source, root, force: false, progress: () => undefined });
  for (const { path } of files) assert.equal(statSync(join(root, path)).mode & 0o7000, 0);
});
