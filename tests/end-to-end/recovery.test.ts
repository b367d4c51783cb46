import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../support/load.ts';
import type { Load, LoadReport } from '../support/load.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

let site: TestSite;
let load: Load;
before(async () => {
  site = await createSite(tinySite());
  await site.up();
});
after(() => site.close());
beforeEach(async () => {
  load = startLoad({
    origin: await site.origin(),
    connections: 8,
    pauseMs: 5,
    next: (_connection, n) =>
      n % 3 === 0
        ? {
            method: 'POST',
            path: '/',
            body: `echo ${n}`,
            check: ({ body }) => same(body, `echo ${n}`),
          }
        : { method: 'GET', path: '/', check: ({ body }) => same(body, 'hello') },
  });
});
afterEach(() => load.stop());

function same(found: string, wanted: string): string | null {
  return found === wanted ? null : `got ${found.slice(0, 200)}`;
}

/** The load, after it went on for a moment: what became of all requests. */
async function reportOf(running: Load): Promise<LoadReport> {
  await sleep(300);
  const report = await running.stop();
  assert.ok(report.sent > 50, `only ${report.sent} requests were sent`);
  return report;
}

const failures = ({ failed, resets, truncated, unknown, reasons }: LoadReport): unknown => ({
  failed,
  resets,
  truncated,
  unknown,
  reasons,
});
const none = { failed: 0, resets: 0, truncated: 0, unknown: 0, reasons: [] };

test('kill -9 of the controller fails no request; its successor adopts all', async () => {
  const { services } = await site.status();
  const pids = services[0]?.instances.map(({ pid }) => pid).sort();
  const controller = await site.pid('controller');
  process.kill(controller, 'SIGKILL');
  const now = await site.until(
    'a new controller runs',
    ({ processes, services: [hello] }) =>
      processes.some(
        (each) => each.id === 'controller' && each.pid !== controller && each.state === 'running',
      ) && hello?.healthy === 2,
  );
  assert.deepEqual(now.services[0]?.instances.map(({ pid }) => pid).sort(), pids);
  assert.equal(now.processes.find(({ id }) => id === 'controller')?.restarts, 1);
  assert.deepEqual(failures(await reportOf(load)), none);
});

test('kill -9 of the keeper fails no request, and the next up adopts everything', async () => {
  const before = await site.status();
  const keeper = await site.pid('keeper');
  process.kill(keeper, 'SIGKILL');
  const alone = await site.until('the keeper is seen dead', ({ notes }) =>
    notes.some(({ code }) => code === 'keeper-dead'),
  );
  assert.deepEqual(
    pidsOf(alone),
    pidsOf(before).filter((pid) => pid !== keeper),
  );
  const { stdout } = await site.up();
  assert.match(stdout, /adopted 3 processes|is up/);
  const now = await site.status();
  const still = new Set(pidsOf(now));
  assert.deepEqual(
    pidsOf(alone).filter((pid) => !still.has(pid)),
    [],
  );
  assert.deepEqual(now.notes, []);
  assert.deepEqual(failures(await reportOf(load)), none);
});

test('kill -9 of an instance loses no GET, and it is replaced', async () => {
  const victim = (await site.status()).services[0]?.instances[0];
  assert.ok(victim);
  process.kill(victim.pid, 'SIGKILL');
  const now = await site.until(
    'it is replaced',
    ({ services: [hello] }) =>
      hello?.healthy === 2 && hello.instances.every(({ id }) => id !== victim.id),
  );
  const fresh = now.services[0]?.instances.find(({ restarts }) => restarts > 0);
  assert.match(fresh?.lastFailure?.reason ?? '', /^ended/);
  const report = await reportOf(load);
  assert.deepEqual(failures({ ...report, unknown: 0 }), none);
});

test('kill -9 of a worker resets its own connections only, and cuts no answer unseen', async () => {
  const worker = await site.pid('worker-1');
  process.kill(worker, 'SIGKILL');
  await site.until('a new worker serves', ({ processes }) =>
    processes.some(
      ({ id, pid, state }) => id === 'worker-1' && pid !== worker && state === 'running',
    ),
  );
  const report = await reportOf(load);
  // One that was cut in the middle is seen to be: one that looked whole would count as failed.
  assert.deepEqual(failures({ ...report, resets: 0, truncated: 0, reasons: [] }), none);
  const cut = report.resets + report.truncated;
  assert.ok(cut <= 8, `${cut} requests cut on 8 connections`);
  // How a retry fares depends on net.ipv4.tcp_migrate_req: the kills with that set count it.
});

test('workers replaced as planned reset nothing that was established', async () => {
  const before = new Set([await site.pid('worker-1'), await site.pid('worker-2')]);
  process.kill(await site.pid('keeper'), 'SIGUSR2');
  await site.until('both were replaced', ({ processes }) => {
    const workers = processes.filter(({ kind }) => kind === 'worker');
    return (
      workers.length === 2 &&
      workers.every(({ pid, state }) => state === 'running' && !before.has(pid))
    );
  });
  assert.deepEqual(failures(await reportOf(load)), none);
});

test('an instance that is sick is replaced by a new one, never restarted in place', async () => {
  const before = (await site.status()).services[0]?.instances.map(({ id }) => id) ?? [];
  await load.stop();
  await fetch(`${await site.origin()}/sick`, { method: 'POST' });
  const now = await site.until(
    'one was replaced',
    ({ services: [hello] }) =>
      hello?.healthy === 2 &&
      hello.instances.length === 2 &&
      hello.instances.some(({ id }) => !before.includes(id)),
  );
  const { entries } = (await (
    await fetch(`${await site.console()}/api/journal?kind=instance.replaced`)
  ).json()) as { entries: { subject: string }[] };
  assert.ok(before.includes(entries.at(-1)?.subject ?? ''));
  assert.equal(now.services[0]?.instances.filter(({ id }) => before.includes(id)).length, 1);
});

test('reload rolls in what changed, and changes nothing when it is refused', async () => {
  const manifest = site.read('services/hello/service.yaml');
  const source = site.read('services/hello/server.ts');
  await site.write('services/hello/server.ts', `${source}\n// another release\n`);
  const before = (await site.status()).services[0]?.release;
  assert.equal((await site.run('reload')).code, 0);
  const { services } = await site.status();
  assert.notEqual(services[0]?.release, before);
  assert.ok(services[0]?.instances.every(({ release }) => release === services[0]?.release));
  await site.write('services/hello/service.yaml', manifest.replace('health:', 'helth:'));
  const refused = await site.run('reload');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /manifest-refused[^]*service\.yaml:\d+:\d+/);
  await site.write('services/hello/service.yaml', manifest);
  assert.equal((await site.run('reload')).code, 0);
  assert.deepEqual(failures(await reportOf(load)), none);
});

function pidsOf(status: Awaited<ReturnType<TestSite['status']>>): number[] {
  const instances = status.services.flatMap((service) => service.instances);
  return [...status.processes, ...instances].map(({ pid }) => pid).sort();
}
