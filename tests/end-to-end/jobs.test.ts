import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { JobHistory, JobRunStatus } from '../../src/contract/job-status.ts';
import { readProcessIdentity } from '../../src/lib/process-identity.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { eventually } from '../support/eventually.ts';
import { tinySite } from '../support/tiny-site.ts';

/** Writes which run it is, and waits until the test says that it may end. */
const patient = `
import { appendFileSync, existsSync } from 'node:fs';
const { OUT, TURNOUT_INSTANCE } = process.env;
appendFileSync(OUT + '/patient', TURNOUT_INSTANCE + ' ' + process.pid + '\\n');
console.log('waiting with', process.env.KEY);
setInterval(() => existsSync(OUT + '/go') && process.exit(0), 20);
`;

let site: TestSite;

before(async () => {
  const files = tinySite({ instances: 1, workers: 1 });
  site = await createSite(files);
  const manifest = files['services/hello/service.yaml'] ?? '';
  await site.write(
    'services/hello/service.yaml',
    manifest.replace(
      'build: { entry: server.ts }',
      `build: { entry: [server.ts, quick.ts, patient.ts, failing.ts, stubborn.ts] }
environment: { OUT: ${JSON.stringify(site.directory)}, KEY: its key }
jobs:
  quick: { every: 1s, command: node quick.js }
  patient: { every: 30d, command: node patient.js }
  failing: { every: 1s, command: node failing.js }
  stubborn: { cron: 0 0 1 1 *, command: node stubborn.js, deadline: 1s }`,
    ),
  );
  await site.write(
    'services/hello/quick.ts',
    `import { appendFileSync } from 'node:fs';
appendFileSync(process.env.OUT + '/quick', process.env.TURNOUT_INSTANCE + '\\n');`,
  );
  await site.write('services/hello/patient.ts', patient);
  await site.write('services/hello/failing.ts', `console.error('bad luck'); process.exit(3);`);
  await site.write(
    'services/hello/stubborn.ts',
    `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000);`,
  );
  await site.up();
});
after(() => site.close());

async function history(job: string): Promise<JobHistory> {
  const { code, stdout, stderr } = await site.run('job', 'history', `hello.${job}`, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as JobHistory;
}

function linesOf(name: string): readonly string[] {
  try {
    return readFileSync(join(site.directory, name), 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

async function replacedController(killed: number): Promise<void> {
  await eventually(
    'another controller answers',
    async () => {
      const now = await site.pid('controller').catch(() => killed);
      return now !== killed && (await site.run('jobs')).code === 0;
    },
    30_000,
  );
}

test('a job runs in its rhythm, each moment once, whatever happens to the controller', async () => {
  await eventually('it has run twice', () => linesOf('quick').length >= 2, 20_000);
  const killed = await site.pid('controller');
  process.kill(killed, 'SIGKILL');
  await replacedController(killed);
  const before = linesOf('quick').length;
  await eventually('it goes on', () => linesOf('quick').length >= before + 2, 20_000);
  const { runs } = await history('quick');
  const moments = runs.map(({ due }) => due);
  assert.equal(new Set(moments).size, moments.length);
  assert.equal(new Set(linesOf('quick')).size, linesOf('quick').length, 'no run ran twice');
  assert.ok(runs.some(({ outcome }) => outcome === 'done'));
});

test('a run survives kill -9 of the controller, is adopted, and is not run again', async () => {
  const started = await site.run('job', 'run', 'hello.patient');
  assert.equal(started.code, 0, started.stderr);
  await eventually('it runs', () => linesOf('patient').length === 1, 30_000);
  const killed = await site.pid('controller');
  process.kill(killed, 'SIGKILL');
  await replacedController(killed);
  const [run = '', pid] = linesOf('patient')[0]?.split(' ') ?? [];
  assert.notEqual(readProcessIdentity(Number(pid)), null);
  assert.deepEqual(
    (await history('patient')).running.map((one) => one.run),
    [run],
  );
  const again = await site.run('job', 'run', 'hello.patient');
  assert.match(again.stderr, /job-not-now.*it runs already/);
  await site.write('go', '');
  await eventually('its end is seen', async () => (await history('patient')).last, 30_000);
  const { runs, running } = await history('patient');
  assert.deepEqual([runs.length, running.length, linesOf('patient').length], [1, 0, 1]);
  assert.deepEqual([runs[0]?.run, runs[0]?.outcome, runs[0]?.exit], [run, 'done', 0]);
});

test('run --wait shows what a run writes and exits as it does, and it is kept', async () => {
  const well = await site.run('job', 'run', 'hello.patient', '--wait');
  assert.equal(well.code, 0, well.stderr);
  assert.equal(well.stdout, 'waiting with its key\n');
  const told = await site.run('job', 'run', 'hello.patient', '--wait', '--json');
  assert.equal((JSON.parse(told.stdout) as JobRunStatus).outcome, 'done');
  assert.match(told.stderr, /waiting with its key/);
  const ill = await eventually('none of the schedule runs', async () => {
    const result = await site.run('job', 'run', 'hello.failing', '--wait');
    return result.code === 3 ? result : null;
  });
  assert.match(ill.stderr, /failed with exit code 3/);
  const text = await site.run('job', 'history', 'hello.failing');
  assert.match(text.stdout, /exit code 3, after .*asked for by cli.*\n {4}bad luck/);
  assert.match((await site.run('logs', 'hello')).stdout, /hello-job-failing-\S+ \| bad luck/);
});

test('a job that fails three times in a row is a note, and no more than that', async () => {
  const { notes, services } = await site.until('it is noted', (status) =>
    status.notes.some(({ code }) => code === 'job-failing'),
  );
  assert.match(notes[0]?.message ?? '', /hello\.failing failed \d+ times in a row/);
  assert.equal(services[0]?.state, 'up');
  const page = await (await fetch(`${await site.console()}/catalog/hello`)).text();
  assert.match(page, /failing[^]*every 1s[^]*failed/);
});

test('a run past its deadline is asked to stop, then made to, and remembered so', async () => {
  const { code, stderr } = await site.run('job', 'run', 'hello.stubborn', '--wait');
  assert.notEqual(code, 0);
  assert.match(stderr, /stopped at its deadline/);
  const [run] = (await history('stubborn')).runs;
  assert.deepEqual([run?.outcome, run?.signal, run?.lastLines], ['deadline', 'SIGKILL', ['no']]);
  const journal = await (await fetch(`${await site.console()}/api/journal?kind=job`)).json();
  assert.match(JSON.stringify(journal), /job\.stopped/);
});

test('down stops what runs, and up neither runs it again nor what was taken out', async () => {
  rmSync(join(site.directory, 'go'));
  const runs = linesOf('patient').length + 1;
  await site.run('job', 'run', 'hello.patient');
  await eventually('it runs', () => linesOf('patient').length === runs, 30_000);
  const pid = Number(linesOf('patient').at(-1)?.split(' ')[1]);
  const down = await site.run('down');
  assert.equal(down.code, 0, down.stderr);
  assert.equal(readProcessIdentity(pid), null);
  const yaml = site.read('services/hello/service.yaml');
  await site.write('services/hello/service.yaml', yaml.replace(/\n {2}quick:.*/, ''));
  await site.up();
  assert.equal((await history('patient')).last?.exit, 128 + 15);
  assert.equal(linesOf('patient').length, runs);
  const none = await site.run('jobs', 'nope');
  assert.match(none.stderr, /job-unknown: There are no jobs of "nope"[^]*There are some of /);
  const { stdout } = await site.run('jobs', '--json');
  const names = (JSON.parse(stdout) as readonly { readonly job: string }[]).map(({ job }) => job);
  assert.deepEqual(names, ['failing', 'patient', 'stubborn']);
});
