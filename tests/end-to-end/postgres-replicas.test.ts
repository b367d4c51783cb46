import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findPostgresBinaries } from '../../src/controller/resources/postgres/postgres-binaries.ts';
import { PostgresCluster } from '../../src/controller/resources/postgres/postgres-cluster.ts';
import { openCredentials } from '../../src/controller/resources/postgres/postgres-credentials.ts';
import { openSuperuserSession } from '../../src/controller/resources/postgres/superuser-session.ts';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';
import { findServerUser } from '../../src/controller/resources/postgres/server-user.ts';
import { isRunning, signalProcess } from '../../src/lib/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import { reportNumbers } from '../support/prove.ts';
import { follows, giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';

describe('a database with a replica', () => {
  let database: ReplicatedDatabase;
  before(async () => {
    database = await replicatedDatabase({ replicas: 1, durability: 'sync' });
  });
  after(() => database.end());

  /** Kills it for good: its data cannot be started on. */
  const wreck = async (member: string): Promise<void> => {
    await writeFile(join(database.dataFolder(member), 'global', 'pg_control'), 'wrecked');
    const server = await findRunningServer(database.dataFolder(member));
    assert.ok(server, `${member} runs`);
    process.kill(server.process.pid, 'SIGKILL');
  };
  const missing = async (acknowledged: ReadonlySet<number>, member?: string) => {
    const rows = await database.ask<{ n: number }>('select n from gifts', member);
    const kept = new Set(rows.map(({ n }) => n));
    return [...acknowledged].filter((n) => !kept.has(n));
  };

  test('seeds it under writes, loses nothing, and then keeps commits in sync', async () => {
    const load = giveUnderLoad(database, 4);
    await database.until('sync', ({ durability }) => durability === 'sync');
    await load.stop();
    assert.ok(load.acknowledged.size > 0);
    assert.deepEqual(await missing(load.acknowledged), []);
    // Acknowledged is on the replica's disk; to be read there it is replayed a moment later.
    await eventually(
      'all is replayed',
      async () => (await missing(load.acknowledged, 'donations-2')).length === 0,
    );
    await assert.rejects(database.ask('insert into gifts values (0)', 'donations-2'), {
      code: '25006',
    });
    assert.match(
      database.resource.status().ifPrimaryIsLost ?? '',
      /^Nothing that was acknowledged/,
    );
    assert.deepEqual(database.resource.notes(), []);
  });

  test('says when redundancy is lost, goes on, and comes back to sync by itself', async () => {
    const load = giveUnderLoad(database, 4);
    await wreck('donations-2');
    await database.until('lost', ({ durability }) => durability === 'lost');
    const [note] = database.resource.notes();
    assert.deepEqual([note?.code, note?.severity], ['redundancy-lost', 'alert']);
    assert.match(database.resource.status().ifPrimaryIsLost ?? '', /after \S+Z may be lost/);
    const before = load.acknowledged.size;
    await eventually('gifts go on', () => load.acknowledged.size > before + 20);
    await database.resource.reseed('donations-2', 'test');
    await database.until('sync', ({ durability }) => durability === 'sync');
    await load.stop();
    assert.deepEqual(await missing(load.acknowledged), []);
    assert.deepEqual(database.resource.notes(), []);
    const [lost] = await database.journal.range({ kind: 'resource.redundancy-lost' });
    const [restored] = await database.journal.range({ kind: 'resource.redundancy-restored' });
    assert.ok(lost && restored);
    const { lsn, at } = lost.data as { lsn: string; at: string };
    assert.match(lsn, /^[0-9A-F]+\/[0-9A-F]+$/);
    assert.deepEqual(restored.data, {
      replicas: ['donations-2'],
      lsn: (restored.data as { lsn: string }).lsn,
      lostAt: at,
      lostLsn: lsn,
    });
  });

  test('refuses to promote while the primary is well, and what makes no sense', async () => {
    const request = { member: null, force: false, acceptLoss: false, who: 'test' };
    const { resource } = database;
    await assert.rejects(resource.promote(request), { code: 'primary-is-well' });
    const wrong = resource.promote({ ...request, member: 'donations-9' });
    await assert.rejects(wrong, { code: 'member-unknown' });
    const itself = resource.promote({ ...request, member: 'donations-1' });
    await assert.rejects(itself, { code: 'member-not-a-replica' });
    await assert.rejects(resource.reseed('donations-1', 'test'), { code: 'member-is-primary' });
  });

  test('changes over on demand without losing anything', async () => {
    const load = giveUnderLoad(database, 4);
    await eventually('gifts', () => load.acknowledged.size > 50);
    const urls = database.resource.addresses();
    const report = await database.resource.promote({
      member: null,
      force: true,
      acceptLoss: false,
      who: 'test',
    });
    assert.deepEqual(
      [report.from, report.to, report.loss.kind],
      ['donations-1', 'donations-2', 'none'],
    );
    const now = database.resource.addresses();
    assert.deepEqual([now?.url, now?.replicaUrls], [urls?.replicaUrls[0], [urls?.url]]);
    const before = load.acknowledged.size;
    await eventually('gifts go on', () => load.acknowledged.size > before + 20);
    await load.stop();
    assert.deepEqual(await missing(load.acknowledged), []);
  });

  test('lets the old primary take no write, even started by hand as it lies', async () => {
    const status = database.resource.status();
    const old = status.members.find(({ name }) => name === 'donations-1');
    assert.equal(old?.role, 'fenced');
    assert.equal(await findRunningServer(database.dataFolder('donations-1')), null);
    const port = Number(old?.address.split(':')[1]);
    const user = await findServerUser();
    const folder = join(database.folder, 'donations-1');
    const cluster = new PostgresCluster(folder, await findPostgresBinaries(user), user);
    const server = await cluster.start(port);
    assert.ok(server);
    try {
      const isUp = async () => (await findRunningServer(cluster.dataFolder))?.ready === true;
      await eventually('it is up', isUp, 20_000);
      const write = database.ask('insert into gifts values (-1)', 'donations-1');
      await assert.rejects(write, { code: '25006' });
    } finally {
      signalProcess(server, 'SIGQUIT');
      await eventually('it is gone', () => !isRunning(server));
    }
  });

  test('makes the old primary a replica again, and is in sync', async () => {
    assert.equal(
      database.resource.notes().find(({ code }) => code === 'member-fenced')?.about,
      'donations-1',
    );
    const load = giveUnderLoad(database, 4);
    await database.resource.reseed('donations-1', 'test');
    await database.until('sync', (status) => {
      return follows(status, 'donations-1') && status.durability === 'sync';
    });
    await load.stop();
    assert.deepEqual(await missing(load.acknowledged), []);
    assert.deepEqual(database.resource.notes(), []);
  });

  test('with its primary lost for good a replica takes over all acknowledged gifts', async () => {
    const load = giveUnderLoad(database, 4);
    await eventually('gifts', () => load.acknowledged.size > 100);
    await wreck('donations-2');
    await database.until('down', ({ state }) => state === 'down');
    const report = await eventually('promoted', () =>
      database.resource
        .promote({ member: null, force: false, acceptLoss: false, who: 'test' })
        .catch((error: { code?: string }) => {
          // Until the server that was killed is seen to be gone.
          if (error.code === 'primary-is-well') return null;
          throw error;
        }),
    );
    assert.match(report.inWords, /^Nothing that was acknowledged is lost/);
    const before = load.acknowledged.size;
    await eventually('gifts go on', () => load.acknowledged.size > before + 20);
    await load.stop();
    assert.deepEqual(await missing(load.acknowledged), []);
    reportNumbers('primary lost for good, promoted', {
      acknowledged: load.acknowledged.size,
      failures: load.failures,
      longestPauseMs: load.longestPauseMs,
    });
  });

  test('keeps members, data and who is primary from one run to the next', async () => {
    await database.resource.reseed('donations-2', 'test');
    const { members } = await database.record();
    const gifts = await database.countGifts();
    await database.resource.stop();
    for (const { name } of members) {
      assert.equal(await findRunningServer(database.dataFolder(name)), null);
    }
    await database.open();
    await database.until('follows', (status) => follows(status, 'donations-2'));
    assert.deepEqual((await database.record()).members, members);
    assert.equal(await database.countGifts(), gifts);
  });

  test('with fewer replicas wanted, the spare one goes', async () => {
    await database.resource.configure({ replicas: 0, durability: 'async' });
    const { members, durability } = await database.until(
      'alone',
      (status) => status.members.length === 1,
    );
    assert.deepEqual([members[0]?.role, durability], ['primary', null]);
    assert.equal(existsSync(join(database.folder, 'donations-2')), false);
    await database.ask('insert into gifts values (-2)');
  });
});

test('data that a version with one server laid down go on working, and get a replica', async () => {
  const database = await replicatedDatabase({ replicas: 0, durability: 'async' });
  const { folder } = database;
  try {
    await database.ask('insert into gifts select from_one from generate_series(1, 500) from_one');
    const { port } = (await database.record()).members[0] ?? { port: 0 };
    await database.close();
    // As that version left it: data and log in the resource's own folder, the port beside the
    // passwords, the server still running.
    const file = join(folder, 'credentials.json');
    const { replicatorPassword: _, ...kept } = JSON.parse(await readFile(file, 'utf8')) as {
      replicatorPassword: string;
    };
    await writeFile(file, JSON.stringify({ ...kept, port }));
    await rename(database.dataFolder('donations-1'), join(folder, 'data'));
    await rm(join(folder, 'replication.json'));
    await rm(join(folder, 'donations-1'), { recursive: true });
    const before = await findRunningServer(join(folder, 'data'));
    assert.ok(before);
    // Nor did it know of a role for replicas.
    await asSuperuser(port, folder, 'drop role turnout_replicator');
    await database.open({ replicas: 1, durability: 'sync' });
    const now = await findRunningServer(database.dataFolder('donations-1'));
    assert.deepEqual(now?.process, before.process, 'the same server runs on');
    await database.until('sync', ({ durability }) => durability === 'sync');
    assert.equal(await database.countGifts('donations-2'), 500);
  } finally {
    await database.end();
  }
});

test('a replica that fell behind further than log is kept is copied anew by itself', async () => {
  const database = await replicatedDatabase(
    { replicas: 1, durability: 'async' },
    { keptLogMb: 16 },
  );
  try {
    await database.until('follows', (status) => follows(status, 'donations-2'));
    const server = await findRunningServer(database.dataFolder('donations-2'));
    assert.ok(server);
    // It stays down, whoever starts it.
    await writeFile(join(database.dataFolder('donations-2'), 'global', 'pg_control'), 'wrecked');
    process.kill(server.process.pid, 'SIGKILL');
    await database.ask('create table bulk (words text)');
    const { port } = (await database.record()).members[0] ?? { port: 0 };
    for (let round = 0; round < 8; round += 1) {
      await database.ask("insert into bulk select 'word' from generate_series(1, 100)");
      await asSuperuser(port, database.folder, 'select pg_switch_wal(); checkpoint');
    }
    await eventually(
      'it is given up',
      async () => (await database.journal.range({ kind: 'resource.replica-lost' })).length > 0,
      60_000,
    );
    await database.until('follows again', (status) => follows(status, 'donations-2'));
    const rows = await database.ask<{ n: number }>(
      'select count(*)::int as n from bulk',
      'donations-2',
    );
    assert.equal(rows[0]?.n, 800);
  } finally {
    await database.end();
  }
});

async function asSuperuser(port: number, folder: string, statement: string): Promise<void> {
  const session = await openSuperuserSession(port, await openCredentials(folder), 60_000);
  try {
    for (const one of statement.split(';')) await session.query(one);
  } finally {
    await session.end();
  }
}
