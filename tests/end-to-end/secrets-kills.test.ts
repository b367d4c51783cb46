import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateFolder } from '../../src/contract/state-folder.ts';
import { openSiteSecrets } from '../../src/profiles/site-secrets.ts';
import { testSeed } from '../support/seed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = await temporaryFolder('secrets-kills');
const fixture = join(import.meta.dirname, 'secrets.fixture.ts');
const { randomness } = testSeed('secrets and kills');
const rounds = 12;

test('one value is made, however many processes need it at once', async () => {
  const site = await newSite();
  const words = Array.from({ length: 6 }, (_, n) => `value of process ${n}`);
  const got = await Promise.all(words.map((word) => start('obtain', site, word).output));
  assert.equal(new Set(got).size, 1, got.join(', '));
  assert.ok(words.includes(got[0] ?? ''));
});

test('secrets that several processes set at once are all there', async () => {
  const site = await newSite();
  await Promise.all(['A', 'B', 'C', 'D'].map((word) => start('set', site, word).output));
  const names = ['A', 'B', 'C', 'D'].flatMap((word) => [0, 1, 2, 3, 4].map((n) => `${word}_${n}`));
  assert.deepEqual(await open(site).file.list(), names);
});

test('a rotation killed at any moment loses nothing, and the next one goes through', async () => {
  const site = await newSite();
  await open(site).file.set('PROCESSOR_KEY', 'set by a person');
  await open(site).generated.set('SESSION_KEY', 'made by Turnout');
  const keys = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const { child, output } = start('rotate', site, '');
    const before = await keyOf(site);
    while (child.exitCode === null && (await keyOf(site)) === before) await sleep(5);
    await sleep(randomness.integer(60));
    child.kill('SIGKILL');
    await output.catch(() => undefined);
    keys.add(await keyOf(site));
    const secrets = open(site);
    assert.equal(await secrets.file.get('PROCESSOR_KEY'), 'set by a person', `round ${round}`);
    assert.equal(await secrets.generated.get('SESSION_KEY'), 'made by Turnout', `round ${round}`);
    await secrets.file.set(`ROUND_${round}`, 'writable still');
  }
  assert.equal(keys.size, rounds);
  assert.equal((await open(site).file.list()).length, rounds + 1);
});

async function newSite(): Promise<string> {
  const site = await mkdtemp(join(root, 'site-'));
  process.env['XDG_CONFIG_HOME'] = join(root, 'config');
  process.env['TURNOUT_SECRETS_KEY_FILE'] = join(site, 'key');
  return site;
}

function open(siteDirectory: string) {
  const folder = stateFolder(join(siteDirectory, '.turnout'));
  return openSiteSecrets({ site: 'campaign', siteDirectory, folder });
}

async function keyOf(site: string): Promise<string> {
  const text = await readFile(join(site, 'key'), 'utf8').catch(() => '');
  return text.split('\n')[1] ?? '';
}

function start(deed: string, site: string, word: string) {
  const child = spawn(process.execPath, [fixture, deed, site, word], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TURNOUT_SECRETS_KEY_FILE: join(site, 'key') },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const output = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${deed} ended with ${code}`)),
    );
  });
  output.catch(() => undefined);
  return { child, output };
}
