import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSiteFrontends, type SiteFrontends } from '../../src/profiles/site-frontends.ts';
import type { PointerState } from '../../src/release/frontends/move-pointer.ts';
import { publishFrontend } from '../../src/release/frontends/publish-frontend.ts';
import { rollBackFrontend } from '../../src/release/frontends/roll-back-frontend.ts';
import { percentilesOf } from '../support/percentiles.ts';
import { count, isProving, reportNumbers } from '../support/prove.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { keepLoaded } from '../support/steady-load.ts';
import { tinySite } from '../support/tiny-site.ts';
import { WorkerConnections } from '../support/worker-connections.ts';

/** As a page with its parts and pictures has. */
const FILES = 60;
/** Of each kind. */
const CHANGES = count(10, 500);
/** Some six a second: more of them would be the load themselves. */
const BETWEEN_CHANGES_MS = 100;
/**
 * Asked for; what is held beside the changes is less, and is what counts. A publish compresses, and
 * so takes some of the machine itself.
 */
const SHARES = { 'a publish': 0.82, 'a rollback': 0.76 };

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

/** When its pointer began to move: what comes before takes as long as there is to compress. */
type Change = (number: number) => Promise<{ readonly text: string; readonly movedMs: number }>;

/** Makes changes at 70 % load: how long each takes until every worker serves it. */
async function measure(what: keyof typeof SHARES, change: Change): Promise<void> {
  const port = Number(new URL(await site.origin()).port);
  const load = await keepLoaded({ port, share: SHARES[what], path: '/page/', headers: '' });
  const wholeMs: number[] = [];
  const switchMs: number[] = [];
  for (let number = 1; number <= CHANGES; number += 1) {
    const begunMs = performance.now();
    const { text, movedMs } = await change(number);
    await workers.untilHolds('/page/', text, 10_000);
    const endedMs = performance.now();
    wholeMs.push(endedMs - begunMs);
    switchMs.push(endedMs - movedMs);
    await sleep(BETWEEN_CHANGES_MS);
  }
  const held = await load.end();
  const spread = percentilesOf(switchMs);
  reportNumbers(`milliseconds of ${what}, all of it`, percentilesOf(wholeMs));
  reportNumbers(`milliseconds of ${what} from the switch until every worker serves it`, spread);
  reportNumbers('requests a second meanwhile, of those that the workers can answer', { ...held });
  assert.ok((spread['p99'] ?? Infinity) < (isProving ? 100 : 5_000), JSON.stringify(spread));
  if (isProving) assert.ok(held.share > 0.65, `the load was ${held.share} of what is possible`);
}

/** State that remembers when it was asked to move a pointer. */
function timed(state: PointerState): { readonly state: PointerState; movedMs(): number } {
  let movedMs = Number.NaN;
  return {
    movedMs: () => movedMs,
    state: {
      get: (key) => state.get(key),
      compareAndSet: (...change) => {
        movedMs = performance.now();
        return state.compareAndSet(...change);
      },
    },
  };
}

test('of publishes at 70 % load 99 in 100 are served by all workers within 100 ms', async () => {
  const place = frontends.named('page');
  const directory = join(site.directory, 'frontends/page');
  await measure('a publish', async (number) => {
    await site.write('frontends/page/index.html', page(number));
    const { state, movedMs } = timed(frontends.ports.state);
    const parts = { ...frontends.ports, state, name: 'page', place, directory, pin: true };
    await publishFrontend({ ...parts, who: 'test', why: null, progress: () => undefined });
    return { text: `release ${number}.`, movedMs: movedMs() };
  });
});

test('of rollbacks at 70 % load 99 in 100 are served by all workers within 100 ms', async () => {
  const [before] = await frontends.list('page');
  const [last, earlier] = before?.releases ?? [];
  assert.ok(last !== undefined && earlier !== undefined);
  await measure('a rollback', async (number) => {
    const goesBack = number % 2 === 1;
    const movedMs = performance.now();
    const change = { ...frontends.ports, name: 'page', who: 'test', why: null };
    await rollBackFrontend(change, (goesBack ? earlier : last).release);
    return { text: `release ${goesBack ? CHANGES - 1 : CHANGES}.`, movedMs };
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
  await workers.untilHolds('/page/', `release ${CHANGES}.`, 5_000);
  const rolledBackMs = performance.now() - backMs;
  reportNumbers('milliseconds after the command has ended', { publishedMs, rolledBackMs });
});
