import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { askController } from '../../src/cli/ask-controller.ts';
import type { ShownEntry, TableChangeResult } from '../../src/controller/tables/table-changes.ts';
import { percentilesOf } from '../support/percentiles.ts';
import { count, isProving, reportNumbers } from '../support/prove.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { keepLoaded } from '../support/steady-load.ts';
import { tinySite } from '../support/tiny-site.ts';
import { WorkerConnections } from '../support/worker-connections.ts';

/** Some twenty a second: more of them would be the load themselves. */
const BETWEEN_CHANGES_MS = 25;
/** Asked for; what is held beside the changes is less, and is what counts. */
const SHARE = 0.8;

let site: TestSite;
let workers: WorkerConnections;

async function connect(): Promise<void> {
  // They serve before it is known of them all that they run.
  workers = await WorkerConnections.toAll(site, 2);
}

before(async () => {
  const files = tinySite({ instances: 1, workers: 2 });
  // The test is the hop before, and so may say who its clients are.
  const hops = `${files['site.yaml'] ?? ''}trusted-hops: [127.0.0.1]\n`;
  site = await createSite({ ...files, 'site.yaml': hops });
  await site.up();
  await site.until('the service is there', (now) => now.services[0]?.healthy === 1);
  await connect();
});
after(async () => {
  workers.close();
  await site.close();
});

async function run(...words: readonly [string, ...string[]]): Promise<string> {
  const { code, stdout, stderr } = await site.run(...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function bans(...words: string[]): Promise<readonly ShownEntry[]> {
  return JSON.parse(await run('bans', '--json', ...words)) as readonly ShownEntry[];
}

test('who is banned is turned away by every worker, until the ban is taken away', async () => {
  await workers.until('203.0.113.7', 200, 10_000);
  const said = await run('ban', '203.0.113.0/24', '2001:DB8::/32', '--for', '2h', '--why', 'cards');
  assert.match(
    said,
    /^203\.0\.113\.0\/24 is banned until .*\(2h\)\n2001:db8::\/32 is banned until/,
  );
  await workers.until('203.0.113.7', 403, 10_000);
  await workers.until('2001:db8::1', 403, 10_000);
  await workers.until('203.0.114.7', 200, 10_000);
  assert.match(
    await run('bans'),
    /NETWORK +SINCE +UNTIL +BY +WHY\n[^]*203\.0\.113\.0\/24 .* cli:\S+ +cards/,
  );
  assert.deepEqual(
    (await bans('--for', '203.0.113.9')).map(({ key }) => key),
    ['203.0.113.0/24'],
  );
  assert.match(await run('bans', '--for', '203.0.114.9'), /No ban holds 203\.0\.114\.9/);
  // The second person sees what the first had said.
  const again = await run('ban', '203.0.113.0/24', '--why', 'for good');
  assert.match(again, /before: until .*\(by cli:\S+\): cards/);
  assert.match(
    await run('unban', '203.0.113.0/24', '2001:db8::/32', '--why', 'a school'),
    /let in/,
  );
  await workers.until('203.0.113.7', 200, 10_000);
  const journal = await (await fetch(`${await site.console()}/api/journal?kind=table`)).text();
  assert.match(journal, /"kind": "table.changed",\s+"subject": "bans",[^}]*"why": "a school"/);
  assert.match(journal, /"why": "cards"/);
});

test('a ban ends at its moment, on every worker', async () => {
  // Not by the command, which takes a while to start where there is much to do.
  const answer = await askController(site.folder, 'POST', '/api/tables/bans', 10_000, {
    changes: [{ put: '198.51.100.1', for: 10_000 }],
  });
  const { results } = answer as unknown as { readonly results: readonly TableChangeResult[] };
  const endsMs = Date.parse(results[0]?.after?.expires ?? '');
  await workers.until('198.51.100.1', 403, 9_000);
  for (;;) {
    const statuses = await workers.statuses('198.51.100.1');
    if (Date.now() >= endsMs) break;
    assert.deepEqual(statuses, [403, 403]);
    await sleep(20);
  }
  await workers.until('198.51.100.1', 200, 10_000);
  reportNumbers('a ban that ended', { lateMs: Date.now() - endsMs });
});

test('bad input is refused with what to do, and nothing of it is done', async () => {
  await writeFile(join(site.directory, 'wall.txt'), '192.0.2.1 # one\n\n192.0.2.9/24\n');
  const many = Array.from({ length: 1_200 }, (_, i) => `10.9.${i >> 8}.${i & 255}`);
  await writeFile(join(site.directory, 'long.txt'), [...many, '127.0.0.1'].join('\n'));
  for (const [words, message] of [
    [['192.0.2.1', '203.0.113.9/24'], /network-invalid: .*[^]*Write 203\.0\.113\.0\/24 for/],
    [['192.0.2.1', 'nobody'], /network-invalid: "nobody" is no address/],
    [['--file', join(site.directory, 'wall.txt')], /wall\.txt:3: 192\.0\.2\.9\/24 is an address/],
    [['--file', join(site.directory, 'none.txt')], /networks-unreadable/],
    [['--file', join(site.directory, 'long.txt')], /ban-too-wide: .*this machine itself/],
    [['192.0.2.1', '0.0.0.0/0'], /ban-too-wide: .*great part of the internet[^]*--force/],
    [['192.0.2.1', '127.0.0.1'], /ban-too-wide: .*this machine itself/],
    [['192.0.2.1', '::/3'], /ban-too-wide/],
    [['192.0.2.1', '--for', 'ever'], /option-invalid: --for "ever" is no duration/],
    [[], /nobody-to-ban/],
  ] as const) {
    const { code, stderr } = await site.run('ban', ...words);
    assert.equal(code, 1, words.join(' '));
    assert.match(stderr, message);
  }
  assert.deepEqual(await bans(), []);
  const { stderr } = await site.run('unban', '192.0.2.1');
  assert.match(stderr, /table-entry-unknown: 192\.0\.2\.1 is no entry of bans/);
  await run('ban', '192.0.2.0/24');
  const inside = await site.run('unban', '192.0.2.1');
  assert.match(inside.stderr, /192\.0\.2\.0\/24 is, and holds it/);
  await run('unban', '192.0.2.0/24');
});

test('who changes what another has changed meanwhile is told', async () => {
  const set = (value: string, expect: number, force = true): Promise<unknown> =>
    askController(site.folder, 'POST', '/api/tables/settings', 5_000, {
      changes: [{ put: 'Non_US', value, expect }],
      force,
    });
  await assert.rejects(set('on', 0, false), { code: 'table-unknown' });
  await set('on', 0);
  await assert.rejects(set('off', 0), { code: 'table-entry-changed' });
  const shown = JSON.parse(await run('table', 'show', 'settings', '--json')) as ShownEntry[];
  assert.deepEqual(
    shown.map(({ key, value }) => [key, value]),
    [['Non_US', 'on']],
  );
  await set('off', shown[0]?.revision ?? 0);
  const said = await run('table', 'set', 'settings', 'Non_US', 'on', '--force', '--why', 'flood');
  assert.match(said, /settings: Non_US is "on"; before: "off" \(by cli:\S+\)/);
  assert.match(await run('table', 'list'), /settings +not declared +0 +1/);
  assert.match(await run('table', 'remove', 'settings', 'Non_US'), /is taken out; before: "on"/);
  assert.match((await site.run('table', 'show', 'settings')).stderr, /table-unknown/);
});

test('a long list outlives kill -9 of the controller in its middle, whole', async () => {
  const networks = Array.from({ length: count(6_000, 60_000) }, (_, i) => {
    return `10.${i >> 14}.${(i >> 6) & 255}.${(i & 63) << 2}/30`;
  });
  const file = join(site.directory, 'list.txt');
  await writeFile(file, networks.join('\n'));
  const turnout = resolve(import.meta.dirname, '../../bin/turnout.js');
  const words = ['ban', '--file', file, '--why', 'list', '--site', site.directory];
  const child = spawn(process.execPath, [turnout, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let kills = 0;
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const isDue = kills < 2 && said.includes(`  ${(kills + 1) * 2_000} of`);
    if (!isDue) return;
    kills++;
    site.pid('controller').then((pid) => process.kill(pid, 'SIGKILL'), assert.fail);
  });
  const code = await new Promise((done) => child.once('close', done));
  assert.equal(code, 0, said);
  assert.equal(kills, 2);
  const held = await bans();
  assert.deepEqual(new Set(held.map(({ key }) => key)), new Set(networks));
  await workers.until('10.0.0.1', 403, 10_000);
  const again = await run('ban', '--file', file, '--why', 'list');
  assert.match(again, new RegExp(`0 new, 0 changed, ${networks.length} as they were`));
});

test('bans outlive a restart of everything', async () => {
  workers.close();
  await run('down');
  await site.up();
  await connect();
  const statuses = await workers.statuses('10.0.0.1');
  assert.ok(
    statuses.every((status) => status === 403),
    statuses.join(' '),
  );
});

test('of many bans at 70 % load 99 in 100 are in force on every worker within 100 ms', async () => {
  // A client that is turned away keeps workers busy, and nobody else.
  await run('ban', '192.0.3.1');
  const port = Number(new URL(await site.origin()).port);
  const headers = 'x-forwarded-for: 192.0.3.1\r\n';
  const load = await keepLoaded({ port, share: SHARE, path: '/', headers });
  const tookMs: number[] = [];
  const answeredMs: number[] = [];
  for (let i = 0; i < count(30, 1_000); i++) {
    const address = `192.0.2.${i % 250}`;
    const isBan = i % 500 < 250;
    const begunMs = performance.now();
    await askController(site.folder, 'POST', '/api/tables/bans', 10_000, {
      changes: [isBan ? { put: address } : { remove: address }],
      why: 'measured',
    });
    answeredMs.push(performance.now() - begunMs);
    await workers.until(address, isBan ? 403 : 200, 10_000);
    tookMs.push(performance.now() - begunMs);
    await sleep(BETWEEN_CHANGES_MS);
  }
  const held = await load.end();
  const spread = percentilesOf(tookMs);
  reportNumbers('milliseconds from the call until it is answered', percentilesOf(answeredMs));
  reportNumbers('milliseconds from the call until every worker does so', spread);
  reportNumbers('requests a second meanwhile, of those that the workers can answer', { ...held });
  assert.ok((spread['p99'] ?? Infinity) < (isProving ? 100 : 5_000), JSON.stringify(spread));
  if (isProving) assert.ok(held.share > 0.65, `the load was ${held.share} of what is possible`);
});
