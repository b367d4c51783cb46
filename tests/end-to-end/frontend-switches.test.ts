import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSiteFrontends, type SiteFrontends } from '../../src/profiles/site-frontends.ts';
import { publishFrontend } from '../../src/release/frontends/publish-frontend.ts';
import { rollBackFrontend } from '../../src/release/frontends/roll-back-frontend.ts';
import { percentilesOf } from '../support/percentiles.ts';
import { count, isProving, reportNumbers } from '../support/prove.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { keepLoaded, type SteadyLoad } from '../support/steady-load.ts';
import { tinySite } from '../support/tiny-site.ts';
import { WorkerConnections } from '../support/worker-connections.ts';

/** As a page with its parts and pictures has. */
const FILES = 60;

let site: TestSite;
let workers: WorkerConnections;
let frontends: SiteFrontends;

before(async () => {
  const files = tinySite({ instances: 1, workers: 2 });
  const assets = Array.from({ length: FILES }, (_, n) => {
    return [`frontends/page/assets/part-${n}-${hashed(n)}.js`, `part ${n};`.repeat(500)] as const;
  });
  site = await createSite({
    ...files,
    'site.yaml': `${files['site.yaml'] ?? ''}frontends: { /page: frontends/page }\n`,
    'frontends/page/index.html': page(0),
    ...Object.fromEntries(assets),
  });
  await site.up();
  const pids = await Promise.all(['worker-1', 'worker-2'].map((id) => site.pid(id)));
  workers = await WorkerConnections.open(await site.origin(), pids);
  await workers.untilHolds('/page/', 'release 0', 10_000);
  frontends = await openSiteFrontends(site.folder);
});
after(async () => {
  workers.close();
  await frontends.close();
  await site.close();
});

/** As a build names files by what they hold. */
function hashed(number: number): string {
  return (0xa1b2c3d4 + number * 7919).toString(16);
}

function page(number: number): string {
  return `<!doctype html><title>Page</title><p>release ${number}.</p>${'<p>More.</p>'.repeat(200)}`;
}

/** Does it again and again at 70 % load; the milliseconds of each until every worker does so. */
async function measure(what: string, change: (number: number) => Promise<string>): Promise<void> {
  const port = Number(new URL(await site.origin()).port);
  const load: SteadyLoad = await keepLoaded({ port, share: 0.7, path: '/page/', headers: '' });
  const answeredMs: number[] = [];
  const tookMs: number[] = [];
  for (let number = 1; number <= count(10, 500); number += 1) {
    const begunMs = performance.now();
    const text = await change(number);
    answeredMs.push(performance.now() - begunMs);
    await workers.untilHolds('/page/', text, 10_000);
    tookMs.push(performance.now() - begunMs);
    await sleep(5);
  }
  const held = await load.end();
  const spread = percentilesOf(tookMs);
  reportNumbers(`milliseconds of ${what} until it is answered`, percentilesOf(answeredMs));
  reportNumbers(`milliseconds of ${what} until every worker serves it`, spread);
  reportNumbers('requests a second meanwhile, of those that the workers can answer', { ...held });
  assert.ok((spread['p99'] ?? Infinity) < (isProving ? 100 : 5_000), JSON.stringify(spread));
  if (isProving) assert.ok(held.share > 0.65, `the load was ${held.share} of what is possible`);
}

test('of many publishes at 70 % load 99 % are served by every worker within 100 ms', async () => {
  const { ports } = frontends;
  const place = frontends.named('page');
  await measure('a publish', async (number) => {
    await site.write('frontends/page/index.html', page(number));
    const directory = join(site.directory, 'frontends/page');
    const parts = { ...ports, name: 'page', place, directory, pin: true, who: 'test' };
    await publishFrontend({ ...parts, why: null, progress: () => undefined });
    return `release ${number}.`;
  });
});

test('of many rollbacks at 70 % load 99 % are served by every worker within 100 ms', async () => {
  const { ports } = frontends;
  const [before] = await frontends.list('page');
  const [last, earlier] = before?.releases ?? [];
  assert.ok(last !== undefined && earlier !== undefined);
  const newest = count(10, 500);
  await measure('a rollback', async (number) => {
    const change = { ...ports, name: 'page', who: 'test', why: null };
    const wanted = number % 2 === 1 ? earlier : last;
    await rollBackFrontend(change, wanted.release);
    return `release ${number % 2 === 1 ? newest - 1 : newest}.`;
  });
});

test('the commands do the same', async () => {
  await site.write('frontends/page/index.html', page(9_999));
  const said = await site.run('frontend', 'publish', 'page');
  assert.equal(said.code, 0, said.stderr);
  const begunMs = performance.now();
  await workers.untilHolds('/page/', 'release 9999.', 5_000);
  const publishedMs = performance.now() - begunMs;
  assert.equal((await site.run('frontend', 'rollback', 'page')).code, 0);
  const backMs = performance.now();
  await workers.untilHolds('/page/', `release ${count(10, 500)}.`, 5_000);
  const rolledBackMs = performance.now() - backMs;
  reportNumbers('milliseconds after the command has ended', { publishedMs, rolledBackMs });
});
