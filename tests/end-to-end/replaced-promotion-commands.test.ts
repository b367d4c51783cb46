import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { withSocketPath } from '../../src/lib/unix-socket-path.ts';
import type { ResourceStatus, SiteStatus } from '../../src/contract/status.ts';
import { withStanding } from '../../src/controller/resources/postgres/replication-record.ts';
import type { ReplicationRecord } from '../../src/controller/resources/postgres/replication-record.ts';
import { killPostgres } from '../support/kill-postgres.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

const files = {
  'site.yaml': `turnout: 1
site: replicated
what: A site for tests.
services: [services/*]
resources:
  ledger: { replicas: 2, durability: sync }
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
  'services/hello/service.yaml': `turnout: 1
service: hello
what: Answers.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
scale: { min: 1, max: 1 }
features:
  everything: { tier: important, routes: [ANY /**], ladder: [closed] }
`,
  'services/hello/server.ts': `import { createServer } from 'node:http';
const { PORT, HOST } = process.env;
createServer((request, response) => response.end()).listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
`,
};

describe('turnout resource, while the choice of a promotion does not come up', () => {
  let site: TestSite;
  const at = new Date().toISOString();
  before(async () => {
    site = await createSite(files);
    await site.up();
    const isWhole = ({ resources: [ledger] }: SiteStatus): boolean => {
      const following = ledger?.members.filter(({ lagBytes }) => lagBytes !== null).length;
      return ledger?.durability === 'sync' && following === 2;
    };
    // Two copies, one after the other.
    await site.until('in sync', isWhole, 180_000);
    await leaveDecided();
    await site.until('pending', ({ resources: [ledger] }) => {
      return ledger?.members.find(({ name }) => name === 'ledger-2')?.state === 'down';
    });
  });
  after(() => site.close());

  const resource = (...words: string[]) => site.runWith({}, 'resource', ...words);
  const place = (...words: string[]): string => join(site.folder.resources, 'ledger', ...words);

  const statusOf = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const createConnection = () => withSocketPath(site.folder.controllerSocket, connect);
      const headers = { host: 'localhost', connection: 'close' };
      httpRequest({ createConnection, method: 'POST', path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  /** The controller is killed when it has decided on ledger-2, and with it goes that server. */
  const leaveDecided = async (): Promise<void> => {
    const controller = await site.pid('controller');
    process.kill(controller, 'SIGSTOP');
    const record = JSON.parse(
      await readFile(place('replication.json'), 'utf8'),
    ) as ReplicationRecord;
    const loss = { kind: 'none', why: 'every acknowledged commit was on a replica' } as const;
    const decided = { to: 'ledger-2', lsn: '0/0', loss, at, openingAt: null };
    const left: ReplicationRecord = {
      ...record,
      members: withStanding(record.members, 'ledger-1', { kind: 'fenced', at }),
      promotion: { from: 'ledger-1', wanted: null, decided, acceptLoss: false, who: 'test' },
    };
    await writeFile(place('replication.json'), JSON.stringify(left));
    const data = place('ledger-2', 'data');
    await rename(join(data, 'global', 'pg_control'), place('ledger-2.away'));
    await killPostgres(data);
    process.kill(controller, 'SIGKILL');
  };

  test('status shows the members, what is pending, why, and what to type', async () => {
    const { code, stdout, stderr } = await resource('status', 'ledger');
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^ledger {2}postgres {2}down {2}ledger-2, chosen at \S+Z, is to take over/,
    );
    assert.match(stdout, /not the primary yet: PostgreSQL ledger-2 does not start/);
    assert.match(stdout, /remedy .*`turnout resource promote ledger ledger-3`/);
    assert.match(stdout, /ledger-1 {2}fenced {2}down/);
    assert.match(stdout, /ledger-2 {2}replica {2}down/);
    assert.match(stdout, /ledger-3 {2}replica {2}up .*there is no primary now/);
    const json = await resource('status', 'ledger', '--json');
    const { promotion, members } = JSON.parse(json.stdout) as ResourceStatus;
    assert.deepEqual([promotion?.from, promotion?.to], ['ledger-1', 'ledger-2']);
    assert.deepEqual([promotion?.since, promotion?.openingSince], [at, null]);
    assert.equal(members.length, 3);
    const { notes } = await site.status();
    const note = notes.find((each) => each.code === 'promotion-pending');
    assert.equal(note?.severity, 'alert');
    assert.match(note.remedy ?? '', /`turnout resource promote ledger ledger-3`/);
  });

  test('promote without another member says that it is under way, with status 409', async () => {
    const { code, stderr, stdout } = await resource('promote', 'ledger', '--yes');
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /A promotion of ledger is under way\. ledger-2, chosen at/);
    assert.match(stdout + stderr, /`turnout resource promote ledger ledger-3`/);
    assert.equal(await statusOf('/api/resources/ledger/promote?member=ledger-2'), 409);
  });

  test('promote with another member lets that one take over, and names who did it', async () => {
    const promoted = await resource('promote', 'ledger', 'ledger-3', '--yes', '--json');
    assert.equal(promoted.code, 0, promoted.stderr);
    const { from, to, loss } = JSON.parse(promoted.stdout) as Record<string, unknown>;
    assert.deepEqual([from, to], ['ledger-1', 'ledger-3']);
    assert.equal((loss as { kind: string }).kind, 'none');
    const { notes } = await site.until('up', ({ resources }) => resources[0]?.state === 'up');
    assert.ok(notes.every(({ code }) => code !== 'promotion-pending'));
    const journal = await openSqliteJournal({ folder: site.folder.root });
    const [entry] = await journal.range({ kind: 'resource.promotion-replaced' });
    await journal.close();
    assert.deepEqual(entry?.data, { member: 'ledger-2', to: 'ledger-3' });
    assert.notEqual(entry.who, 'controller');
    assert.equal(entry.why, 'ledger-3 is to take over in its place');
  });
});
