import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { globSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { contentFolder, readManifest } from '../../src/backup/backup-manifest.ts';
import type { SiteStatus } from '../../src/contract/status.ts';
import { eventually } from '../support/eventually.ts';
import { createGiftSite, giftsOf, startGiving } from '../support/gift-site.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { testSeed } from '../support/seed.ts';
import type { TestSite } from '../support/site-harness.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const turnout = resolve(import.meta.dirname, '../../bin/turnout.js');
const { seed, randomness } = testSeed('backup');
const backupName = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

let site: TestSite;
let target: string;

before(async () => {
  [site, target] = [await createGiftSite(), join(await temporaryFolder('backups'), 'gifts')];
  await site.up();
  await site.until('commits wait for the replica', isInSync, 60_000);
});

after(() => site?.close());

interface Report {
  readonly id: string;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  readonly reused: number;
  readonly reusedBytes: number;
  readonly removed: readonly string[];
}

async function backUp(...options: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await site.run('backup', target, '--json', ...options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Report;
}

async function journalKinds(folder: string): Promise<readonly string[]> {
  const journal = await openSqliteJournal({ folder });
  const entries = await journal.range({ limit: 1_000 });
  await journal.close();
  return entries.map(({ position, kind }) => `${position} ${kind}`);
}

function isInSync({ resources }: SiteStatus): boolean {
  return resources.every(({ durability }) => durability === 'sync');
}

/** A second site of the same manifests, elsewhere. */
async function elsewhere(): Promise<TestSite> {
  return createGiftSite();
}

async function assertSame(restored: TestSite, acknowledged: ReadonlySet<string>): Promise<void> {
  const found = await giftsOf(restored);
  const lost = [...acknowledged].filter((id) => !found.has(id));
  assert.deepEqual(lost, []);
}

test('a backup under load, restored elsewhere, holds all that was acknowledged', async () => {
  const origin = await site.origin();
  const giving = startGiving(origin);
  while (giving.acknowledged.size < count(200, 5_000)) await delay(5);
  const before = new Set(giving.acknowledged);
  const startedMs = performance.now();
  const report = await backUp();
  const tookMs = Math.round(performance.now() - startedMs);
  const during = giving.acknowledged.size - before.size;
  await giving.stop();
  assert.equal(giving.refused(), 0);
  assert.ok(during > 0, 'the site went on taking gifts');
  const restored = await elsewhere();
  try {
    const said = await restored.run('restore', target);
    assert.equal(said.code, 0, said.stderr);
    const kinds = await journalKinds(restored.folder.root);
    await restored.up();
    await assertSame(restored, before);
    // It waits for no replica of the other site, and gets one of its own.
    const more = startGiving(await restored.origin());
    await eventually('it takes gifts', () => more.acknowledged.size > 10, 20_000);
    await more.stop();
    await restored.until('it has a replica of its own', isInSync, 60_000);
    const page = await fetch(await restored.origin());
    assert.match(await page.text(), /Give/);
    const [here, there] = [await site.status(), await restored.status()];
    assert.deepEqual(
      there.services.map(({ release }) => release),
      here.services.map(({ release }) => release),
    );
    const pids = new Set(here.processes.map(({ pid }) => pid));
    assert.ok(
      there.processes.every(({ pid }) => !pids.has(pid)),
      'nothing of the other is adopted',
    );
    const original = await journalKinds(site.folder.root);
    assert.deepEqual(kinds, original.slice(0, kinds.length));
    assert.ok(kinds.length > 0);
    reportNumbers('backup under load', {
      acknowledgedBefore: before.size,
      during,
      files: report.files,
      bytes: report.bytes,
      tookMs,
    });
  } finally {
    await restored.close();
  }
  assert.equal((await fetch(await site.origin())).status, 200);
});

test('a second backup shares what did not change, and old ones go', async () => {
  const first = await backUp();
  const second = await backUp('--keep', '2');
  assert.ok(second.reusedBytes > first.bytes / 2, `${second.reusedBytes} of ${first.bytes}`);
  const left = readdirSync(target).filter((name) => backupName.test(name));
  assert.deepEqual(left.sort(), [first.id, second.id].sort());
  assert.ok(second.removed.length > 0);
  const { code, stderr } = await site.run('backup', 'verify', target);
  assert.equal(code, 0, stderr);
});

test('a byte that changed in a backup is found, and such a backup restores nothing', async () => {
  const { folder } = await backUp();
  const files = readManifest(folder).files.filter(({ bytes }) => bytes > 100);
  const { path } = files[randomness.integer(files.length)] ?? { path: '' };
  const file = join(contentFolder(folder), path);
  const bytes = readFileSync(file);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  // A name of its own, so that other backups keep the good one.
  rmSync(file);
  writeFileSync(file, bytes);
  const verified = await site.run('backup', 'verify', folder);
  assert.equal(verified.code, 1);
  assert.match(verified.stderr, /backup-damaged/);
  assert.ok(verified.stderr.includes(path), verified.stderr);
  const to = join(await temporaryFolder('restored'), 'state');
  const restored = await site.run('restore', folder, '--to', to);
  assert.match(restored.stderr, /backup-damaged/);
  assert.deepEqual(globSync(to), []);
  rmSync(folder, { recursive: true });
});

test('a restore is refused where a site is; --force moves one that is down aside', async () => {
  await backUp();
  assert.match((await site.run('restore', target)).stderr, /restore-not-empty/);
  assert.match((await site.run('restore', target, '--force')).stderr, /restore-site-running/);
  const acknowledged = await giftsOf(site);
  await site.run('down');
  const cold = await backUp();
  assert.ok(cold.files > 0);
  for (const name of ['state.db', 'blobs', 'resources']) {
    rmSync(join(site.folder.root, name), { recursive: true });
  }
  await mkdir(join(site.folder.root, 'resources'));
  const { code, stderr } = await site.run('restore', target, '--force');
  assert.equal(code, 0, stderr);
  await site.up();
  await assertSame(site, acknowledged);
});

test('kill -9 at random points of backup and restore leaves nothing half', async () => {
  await backUp('--keep', '1');
  const acknowledged = await giftsOf(site);
  const to = join(await temporaryFolder('restored'), 'state');
  const rounds = count(4, 40);
  let killed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const isBackup = round % 2 === 0;
    const words = isBackup ? ['backup', target] : ['restore', target, '--to', to, '--force'];
    const place = isBackup ? ['--site', site.directory] : [];
    if (await killAfter([...words, ...place], 150 + randomness.integer(isBackup ? 1_500 : 800))) {
      killed += 1;
    }
    const whole = readdirSync(target).filter((name) => backupName.test(name));
    assert.ok(whole.length >= 1);
    for (const id of whole) readManifest(join(target, id));
    const { code, stderr } = await site.run('backup', 'verify', target);
    assert.equal(code, 0, stderr);
    const there = globSync(join(to, '*'));
    assert.ok(there.length === 0 || there.some((path) => path.endsWith('/turnout.json')));
  }
  await backUp('--keep', '1');
  assert.deepEqual(
    readdirSync(target).filter((name) => name.startsWith('.') && name !== '.lock'),
    [],
  );
  await assertSame(site, acknowledged);
  reportNumbers('backup and restore killed -9', { seed, rounds, killed });
});

/** Whether it was killed before it ended. */
async function killAfter(words: readonly string[], ms: number): Promise<boolean> {
  const child = spawn(process.execPath, [turnout, ...words], { stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((done) => {
    child.once('exit', (_, signal) => done(signal));
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const signal = await ended;
  clearTimeout(timer);
  return signal === 'SIGKILL';
}
