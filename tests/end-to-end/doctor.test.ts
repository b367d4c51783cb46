import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readSiteSettings } from '../../src/contract/site-settings.ts';
import { eventually } from '../support/eventually.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

interface Finding {
  readonly check: string;
  readonly verdict: 'well' | 'warning' | 'wrong';
  readonly found: string;
  readonly remedy: string | null;
}

let site: TestSite;

before(async () => {
  site = await createSite(tinySite({ instances: 1, workers: 1 }));
  await site.up();
});

after(() => site?.close());

/** What is wrong with the site itself: what a machine allows differs from one to the next. */
async function examine(environment: NodeJS.ProcessEnv = {}): Promise<{
  readonly code: number | null;
  readonly wrong: readonly string[];
}> {
  const { code, stdout, stderr } = await site.runWith(environment, 'doctor', '--json');
  assert.ok(stdout.startsWith('['), stderr);
  const findings = JSON.parse(stdout) as readonly Finding[];
  assert.ok(findings.length > 10);
  const wrong = findings.filter(({ verdict }) => verdict === 'wrong');
  assert.ok(wrong.every(({ remedy }) => remedy !== null && remedy !== ''));
  return { code, wrong: wrong.map(({ check, found }) => `${check}: ${found}`) };
}

async function assertWrong(pattern: RegExp, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const { code, wrong } = await examine(environment);
  assert.equal(wrong.length, 1, JSON.stringify(wrong));
  assert.match(wrong[0] ?? '', pattern);
  assert.equal(code, 1);
}

test('a site that is up has nothing wrong', async () => {
  const { code, wrong } = await examine();
  assert.deepEqual(wrong, []);
  assert.equal(code, 0);
});

test('a state folder that others may enter is found', async () => {
  chmodSync(site.folder.root, 0o755);
  await assertWrong(/^state folder: others may enter .*755/);
  chmodSync(site.folder.root, 0o700);
});

test('a process in the state folder that nobody speaks of is found, with its pid', async () => {
  const child = spawn('sleep', ['60'], { cwd: site.folder.root, detached: true, stdio: 'ignore' });
  await assertWrong(new RegExp(`^orphans: process ${child.pid} works in the state folder`));
  child.kill('SIGKILL');
});

test('a state folder of a newer Turnout is found', async () => {
  const mark = readFileSync(site.folder.versionFile, 'utf8');
  writeFileSync(site.folder.versionFile, mark.replace('"format":1', '"format":99'));
  await assertWrong(/^format: 99 of Turnout/);
  writeFileSync(site.folder.versionFile, mark);
});

test('a key within the state folder is found', async () => {
  const file = join(site.folder.root, 'site.key');
  writeFileSync(file, 'AGE-SECRET-KEY-1\n', { mode: 0o600 });
  await assertWrong(/^key of the secrets: .* lies in the state folder/, {
    TURNOUT_SECRETS_KEY_FILE: file,
  });
});

test('a service whose secret nobody has set is found, and manifests that are refused', async () => {
  const manifest = site.read('services/hello/service.yaml');
  await site.write('services/hello/service.yaml', `${manifest}secrets: [PROCESSOR_KEY]\n`);
  await assertWrong(/^secrets: hello has no PROCESSOR_KEY/);
  const made = 'secrets: [{ name: SESSION_KEY, generate: key-pair }, SESSION_KEY_PUBLIC]\n';
  await site.write('services/hello/service.yaml', `${manifest}${made}`);
  assert.deepEqual((await examine()).wrong, [], 'the public half comes with the private one');
  await site.write('services/hello/service.yaml', `${manifest}nonsense: true\n`);
  await assertWrong(/^manifests: refused/);
  await site.write('services/hello/service.yaml', manifest);
});

test('processes whose keeper is dead are found, and adopted after', async () => {
  process.kill(await site.pid('keeper'), 'SIGKILL');
  await eventually('it is seen', async () => (await examine()).wrong.length > 0);
  await assertWrong(/^keeper: nobody keeps up .*controller \(\d+\)/);
  await site.up();
  assert.deepEqual((await examine()).wrong, []);
});

test('a damaged database and a port that is taken are found while the site is down', async () => {
  await site.run('down');
  assert.deepEqual((await examine()).wrong, []);
  const { port } = readSiteSettings(site.folder.settings)?.http ?? { port: 0 };
  const thief = createServer();
  await new Promise<void>((resolve) => {
    thief.listen(port, '127.0.0.1', resolve);
  });
  await assertWrong(new RegExp(`^ports: http ${port} is taken by process ${process.pid}`));
  await new Promise((resolve) => {
    thief.close(resolve);
  });
  const { stateDatabase } = site.folder;
  const sound = readFileSync(stateDatabase);
  const bytes = Buffer.from(sound);
  bytes.fill(0x5a, 4_096, 8_192);
  renameSync(stateDatabase, `${stateDatabase}.sound`);
  writeFileSync(stateDatabase, bytes, { mode: 0o600 });
  const { wrong } = await examine();
  assert.ok(
    wrong.some((text) => /^state and journal: .*state\.db/.test(text)),
    String(wrong),
  );
  renameSync(`${stateDatabase}.sound`, stateDatabase);
});
