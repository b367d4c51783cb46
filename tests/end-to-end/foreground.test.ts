import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

const sites: TestSite[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

/** `turnout up` in the foreground, up; with what it has written so far. */
async function foreground(...options: readonly string[]): Promise<{
  site: TestSite;
  keeper: ChildProcess;
  output: () => string;
}> {
  const site = await createSite(tinySite());
  sites.push(site);
  const command = new URL('../../bin/turnout.js', import.meta.url).pathname;
  const keeper = spawn(process.execPath, [command, 'up', site.directory, ...options], {
    env: { ...process.env, TURNOUT_STATE: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  keeper.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  while (!text.includes('tiny is up')) await once(keeper.stdout, 'data');
  return { site, keeper, output: () => text };
}

test('Ctrl-C takes the site down in order: what is under way is answered', async () => {
  const { site, keeper, output } = await foreground();
  assert.equal(keeper.pid, await site.pid('keeper'));
  const slow = fetch(`${await site.origin()}/wait?ms=1000`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  keeper.kill('SIGINT');
  // Ctrl-C reaches a command that npm runs twice: that is still one.
  keeper.kill('SIGINT');
  const exited = once(keeper, 'exit');
  assert.equal((await slow).status, 200);
  assert.deepEqual(await exited, [0, null]);
  assert.match(output(), /finishing requests[^]*stopping 2 instances[^]*everything is stopped/);
  assert.deepEqual((await site.status()).processes, []);
});

test('with --watch a manifest that is broken is shown where the site was started', async () => {
  const { site, keeper, output } = await foreground('--watch');
  const manifest = site.read('services/hello/service.yaml');
  await site.write('services/hello/service.yaml', manifest.replace('health:', 'helth:'));
  while (!output().includes('stays as it is')) await once(keeper.stdout ?? keeper, 'data');
  assert.match(output(), /error unknown-key: [^]*\n {11}at services\/hello\/service\.yaml:\d+/);
  keeper.kill('SIGINT');
  assert.deepEqual(await once(keeper, 'exit'), [0, null]);
});

test('a second Ctrl-C waits for nothing', async () => {
  const { site, keeper } = await foreground();
  const slow = fetch(`${await site.origin()}/wait?ms=20000`).catch(() => null);
  await new Promise((resolve) => setTimeout(resolve, 200));
  keeper.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 700));
  const began = performance.now();
  keeper.kill('SIGINT');
  assert.deepEqual(await once(keeper, 'exit'), [0, null]);
  assert.ok(performance.now() - began < 10_000);
  const answer = await slow;
  assert.ok(answer === null || answer.status >= 500, 'cut off, or told so');
  assert.deepEqual((await site.status()).processes, []);
});

test('settings that changed while the keeper was dead are rolled in by the next up', async () => {
  const { site, keeper } = await foreground();
  keeper.kill('SIGKILL');
  const before = await site.status();
  const pids = before.services[0]?.instances.map(({ pid }) => pid).sort();
  const manifest = site.read('site.yaml');
  await site.write('site.yaml', manifest.replace('workers: 2', 'workers: 1'));
  await site.up('--watch');
  const now = await site.until(
    'one worker is left, and another controller',
    ({ processes, services: [hello] }) =>
      processes.filter(({ kind }) => kind === 'worker').length === 1 &&
      hello?.healthy === 2 &&
      processes.some(
        ({ id, pid, state }) =>
          id === 'controller' &&
          state === 'running' &&
          pid !== before.processes.find((old) => old.id === 'controller')?.pid,
      ),
  );
  assert.deepEqual(now.services[0]?.instances.map(({ pid }) => pid).sort(), pids);
  assert.equal(now.addresses.site, before.addresses.site);
});

test('down leaves nothing behind, not even a process just started', async () => {
  const { site, keeper } = await foreground();
  for (const id of ['worker-1', 'controller']) process.kill(await site.pid(id), 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 60));
  keeper.kill('SIGTERM');
  assert.deepEqual(await once(keeper, 'exit'), [0, null]);
  // Whatever was only starting would have registered by now.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const { processes, services } = await site.status();
  assert.deepEqual(processes, []);
  assert.deepEqual(services[0]?.instances, []);
});

test('no process of a site in the background is told of a supervisor', async () => {
  const site = await createSite(tinySite());
  sites.push(site);
  const environment = { NOTIFY_SOCKET: '/nowhere/notify' };
  const { code } = await site.runWith(environment, 'up', '--detach');
  assert.equal(code, 0);
  const { processes, services } = await site.status();
  const pids = [...processes, ...(services[0]?.instances ?? [])].map(({ pid }) => pid);
  assert.ok(pids.length >= 5, `${pids.length} processes`);
  for (const pid of pids) {
    const told = readFileSync(`/proc/${pid}/environ`, 'utf8');
    assert.doesNotMatch(told, /NOTIFY_SOCKET/, String(pid));
  }
});
