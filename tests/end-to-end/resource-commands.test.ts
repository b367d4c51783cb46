import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ResourceStatus } from '../../src/contract/status.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

/** Says what it was told of its database, and whether that takes writes. */
const server = `
import { createServer } from 'node:http';

createServer((request, response) => {
  const { NEED_DB_URL, NEED_DB_REPLICA_URLS } = process.env;
  const told = JSON.stringify([NEED_DB_URL, NEED_DB_REPLICA_URLS]);
  response.end(request.url === '/health' ? '' : told);
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

const files = {
  'site.yaml': `turnout: 1
site: replicated
what: A site for tests.
services: [services/*]
resources:
  ledger: { replicas: 1, durability: sync }
  elsewhere: { url: "postgres://db.invalid/one", replica-urls: "postgres://db.invalid/two" }
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
  'services/hello/service.yaml': `turnout: 1
service: hello
what: Answers what it is told.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
needs:
  db: { postgres: ledger }
scale: { min: 1, max: 1 }
features:
  everything: { tier: important, routes: [ANY /**], needs: [db], ladder: [closed] }
`,
  'services/hello/server.ts': server,
};

describe('turnout resource', () => {
  let site: TestSite;
  before(async () => {
    site = await createSite(files);
    await site.up();
    await site.until('in sync', ({ resources }) => resources[0]?.durability === 'sync');
  });
  after(() => site.close());

  const told = async (): Promise<readonly string[]> =>
    (await (await fetch(`${await site.origin()}/`)).json()) as readonly string[];
  const resource = (...words: string[]) => site.runWith({}, 'resource', ...words);

  test('status shows members, roles, lag, and what losing the primary would cost', async () => {
    const { code, stdout, stderr } = await resource('status', 'ledger');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ledger {2}postgres {2}up/);
    assert.match(stdout, /sync: an acknowledged commit is on a replica too/);
    assert.match(stdout, /primary lost Nothing that was acknowledged is lost/);
    assert.match(stdout, /ledger-1 {2}primary {2}up {2}127\.0\.0\.1:\d+/);
    assert.match(stdout, /ledger-2 {2}replica {2}up .*\d+ bytes, \d+\.\d s behind/);
    const json = JSON.parse((await resource('status', '--json')).stdout) as ResourceStatus[];
    assert.deepEqual(
      json.map(({ name, state }) => [name, state]),
      [
        ['ledger', 'up'],
        ['elsewhere', 'elsewhere'],
      ],
    );
    assert.match((await site.run('status')).stdout, /ledger-2 {2}replica/);
    assert.match(await (await fetch(await site.console())).text(), /ledger-2: replica, up/);
  });

  test('a wrong name, one elsewhere, a primary that is well: refused with a remedy', async () => {
    const refusals = [
      [['status', 'leger'], /Did you mean “ledger”\?/],
      [['promote', 'leger', '--yes'], /has no resource “leger”/],
      [['promote', 'elsewhere', '--yes'], /runs elsewhere/],
      [['promote', 'ledger', '--yes'], /Use --force/],
      [['promote', 'ledger', '--json'], /Add --yes/],
      [['reseed', 'ledger', 'ledger-9'], /It has ledger-1, ledger-2/],
      [['reseed', 'ledger', 'ledger-1'], /is the primary of ledger/],
      [['promote', 'Ledger', '--yes'], /Ledger/],
    ] as const;
    for (const [words, said] of refusals) {
      const { code, stdout, stderr } = await resource(...words);
      assert.notEqual(code, 0, words.join(' '));
      assert.match(stdout + stderr, said);
    }
  });

  test('promote moves the primary, tells services once; reseed brings back the old', async () => {
    const before = await told();
    const { code, stdout, stderr } = await resource(
      'promote',
      'ledger',
      '--force',
      '--yes',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const { from, to, loss } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([from, to], ['ledger-1', 'ledger-2']);
    assert.equal((loss as { kind: string }).kind, 'none');
    const isTold = await site.until('rolled', ({ services }) => services[0]?.state === 'up');
    assert.ok(isTold.notes.some((note) => note.code === 'member-fenced'));
    const turned = [before[1], before[0]];
    for (let tries = 0; tries < 200; tries += 1) {
      if (JSON.stringify(await told()) === JSON.stringify(turned)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(await told(), turned);
    const reseeded = await resource('reseed', 'ledger', 'ledger-1');
    assert.equal(reseeded.code, 0, reseeded.stderr);
    assert.match(reseeded.stdout, /ledger-1 follows the primary/);
    const { services } = await site.until('in sync', ({ resources, notes }) => {
      return resources[0]?.durability === 'sync' && notes.length === 0;
    });
    assert.deepEqual(await told(), turned);
    assert.equal(services[0]?.instances.length, 1);
  });
});
