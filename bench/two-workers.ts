import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../tests/support/eventually.ts';
import { reportNumbers } from '../tests/support/prove.ts';
import { createSite, type TestSite } from '../tests/support/site-harness.ts';
import { tieredSite } from '../tests/support/tiered-site.ts';
import { processCost } from './peers/process-cost.ts';

/**
 * `node bench/two-workers.ts [rounds]`: kept answers a second of a site with one worker and of one
 * with two, in turns in one run, with what the workers and what the load took of the machine. On a
 * machine of two cores the load takes its share of them, so that two workers are far from twice as
 * much; the CPU time a request takes says what more cores would give. It judges nobody.
 */
const rounds = Number(process.argv[2] ?? 5);
const seconds = 3;
const connections = 64;

interface Measured {
  readonly perSecond: number;
  /** Of one core, by all workers and by the load. */
  readonly workersTook: number;
  readonly loadTook: number;
  readonly microsPerRequest: number;
}

async function start(workers: number): Promise<TestSite> {
  const site = await createSite(tieredSite({ slots: 8, workMs: 1, workers }));
  await site.up();
  const url = await site.origin();
  await eventually('the service answers', async () => (await fetch(`${url}/kept/page`)).ok);
  await measure(site, workers);
  return site;
}

async function measure(site: TestSite, workers: number): Promise<Measured> {
  const ids = Array.from({ length: workers }, (_, n) => `worker-${n + 1}`);
  const pids = await Promise.all(ids.map((id) => site.pid(id)));
  const spentMs = (of: readonly number[]): number =>
    of.map(processCost).reduce((sum, { userMs, systemMs }) => sum + userMs + systemMs, 0);
  const before = spentMs(pids);
  const page = `${await site.origin()}/kept/page`;
  const load = spawn('taskset', [
    '-c',
    '0,1',
    'wrk',
    '-t2',
    `-c${connections}`,
    `-d${seconds}s`,
    page,
  ]);
  const said = text(load.stdout);
  // What it took is gone with it.
  await sleep(seconds * 1_000 - 100);
  const loadMs = load.pid === undefined ? Number.NaN : spentMs([load.pid]);
  await once(load, 'exit');
  const requests = Number(/(\d+) requests in/.exec(await said)?.[1]);
  const workersMs = spentMs(pids) - before;
  return {
    perSecond: requests / seconds,
    workersTook: workersMs / (seconds * 1_000),
    loadTook: loadMs / (seconds * 1_000 - 100),
    microsPerRequest: (workersMs * 1_000) / requests,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function summary(all: readonly Measured[]): Measured {
  const of = (pick: (each: Measured) => number): number =>
    Math.round(median(all.map(pick)) * 100) / 100;
  return {
    perSecond: Math.round(of((each) => each.perSecond)),
    workersTook: of((each) => each.workersTook),
    loadTook: of((each) => each.loadTook),
    microsPerRequest: of((each) => each.microsPerRequest),
  };
}

const [one, two] = await Promise.all([start(1), start(2)]);
try {
  const ones: Measured[] = [];
  const twos: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    const [first, second] = [await measure(one, 1), await measure(two, 2)] as const;
    ones.push(first);
    twos.push(second);
    const ratio = (second.perSecond / first.perSecond).toFixed(2);
    process.stdout.write(`round ${round}/${rounds}  two workers are ${ratio} of one\n`);
  }
  const summaries = { one: summary(ones), two: summary(twos) };
  const ratio = Math.round((summaries.two.perSecond / summaries.one.perSecond) * 100) / 100;
  reportNumbers('kept answers a second of one worker and of two', { ratio, ...summaries });
} finally {
  await Promise.all([one.close(), two.close()]);
}
