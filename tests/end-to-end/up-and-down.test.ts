import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

let site: TestSite;
before(async () => {
  site = await createSite(tinySite());
});
after(() => site.close());

test('a site comes up with one command, says its addresses, and answers', async () => {
  const { stdout } = await site.up();
  const origin = await site.origin();
  assert.match(stdout, /hello: starting release [0-9a-f]{12}/);
  assert.match(stdout, new RegExp(`tiny is up\n.*site +${origin}`));
  const answer = await fetch(origin);
  assert.equal(await answer.text(), 'hello');
  const { services, processes, notes } = await site.status();
  assert.equal(services[0]?.state, 'up');
  assert.deepEqual(
    processes.map(({ id, state }) => `${id} ${state}`),
    ['controller running', 'keeper running', 'worker-1 running', 'worker-2 running'],
  );
  assert.deepEqual(notes, []);
});

test('everything it keeps is private to the user', () => {
  assert.equal(statSync(site.folder.root).mode & 0o777, 0o700);
  assert.equal(statSync(site.folder.controllerSocket).mode & 0o777, 0o600);
  assert.equal(statSync(site.folder.token).mode & 0o777, 0o600);
});

test('a second up is refused, naming who keeps the site and where it is', async () => {
  const { code, stderr } = await site.run('up', '--detach');
  assert.equal(code, 1);
  assert.match(stderr, /error already-running: .* by process \d+: site http:.*, console http:/);
  assert.match(stderr, /remedy: /);
  const keeper = await site.pid('keeper');
  assert.match(stderr, new RegExp(`process ${keeper}:`));
});

test('logs show what instances wrote, and what our own processes did', async () => {
  const instances = await site.run('logs', 'hello');
  assert.match(instances.stdout, /^hello-\S+ \| listening$/m);
  const own = await site.run('logs', '--process', 'controller', '--lines', '50');
  assert.match(own.stdout, /^controller \| \S+ info controlling console=\d+$/m);
  assert.equal((await site.run('logs', 'nobody')).code, 1);
});

test('a change of listeners waits for the next up, and that is said', async () => {
  const manifest = site.read('site.yaml');
  await site.write('site.yaml', manifest.replace(/workers: \d+/, 'workers: 7'));
  const { code, stdout } = await site.run('reload', '--why', 'seven workers');
  assert.equal(code, 0);
  assert.match(stdout, /warning: .*`listen` has changed.*\n.*remedy: `turnout down`/);
  assert.deepEqual(
    (await site.status()).notes.map((note) => note.code),
    ['listen-waits'],
  );
  await site.write('site.yaml', manifest);
  assert.doesNotMatch((await site.run('reload')).stdout, /listen/);
  assert.deepEqual((await site.status()).notes, []);
});

test('down finishes what is under way; the next up is as good as the first', async () => {
  const origin = await site.origin();
  const slow = fetch(`${origin}/wait?ms=700`);
  await new Promise((resolve) => setTimeout(resolve, 150));
  const { code, stdout } = await site.run('down');
  assert.equal(code, 0);
  assert.match(stdout, /finishing requests[^]*everything is stopped/);
  const answer = await slow;
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /^hello-/);
  const down = await site.status();
  assert.deepEqual(down.processes, []);
  assert.equal(down.notes[0]?.code, 'site-down');
  assert.deepEqual(
    down.services.map(({ state }) => state),
    ['down'],
  );
  await assert.rejects(fetch(origin));
  await site.up();
  assert.equal(await site.origin(), origin, 'the port that was found is kept');
  assert.equal((await fetch(origin)).status, 200);
});

test('the journal tells who asked for what, and why', async () => {
  assert.equal((await site.run('down', '--why', 'the machine moves')).code, 0);
  const journal = await openSqliteJournal({ folder: site.folder.root });
  const asked = await journal.range({ kind: 'site', newest: true, limit: 20 });
  await journal.close();
  const told = asked.map(({ kind, who, why }) => `${kind} ${who.replace(/:.*/, '')} ${why}`);
  assert.ok(told.includes('site.reload-asked cli seven workers'), told.join('\n'));
  assert.ok(told.includes('site.down-asked cli the machine moves'), told.join('\n'));
});
