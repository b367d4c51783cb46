import assert from 'node:assert/strict';
import { mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { copyBaseBackup } from '../../src/controller/resources/postgres/base-backup.ts';
import { findPostgresBinaries } from '../../src/controller/resources/postgres/postgres-binaries.ts';
import { PostgresCluster } from '../../src/controller/resources/postgres/postgres-cluster.ts';
import { openCredentials } from '../../src/controller/resources/postgres/postgres-credentials.ts';
import { createPostgresResource } from '../../src/controller/resources/postgres/postgres-resource.ts';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';
import { findServerUser } from '../../src/controller/resources/postgres/server-user.ts';
import { openSuperuserSession } from '../../src/controller/resources/postgres/superuser-session.ts';
import { findFreePort } from '../../src/lib/free-port.ts';
import { createLog } from '../../src/lib/log.ts';
import { signalProcess } from '../../src/lib/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import { reportNumbers } from '../support/prove.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a copy made under load starts by itself with all that was acknowledged before', async () => {
  const root = await realpath(await temporaryFolder('base-backup'));
  const folder = join(root, 'donations');
  const journal = await openSqliteJournal({ folder: root });
  const log = createLog(2, 'test');
  const options = { name: 'donations', folder, clock: systemClock, journal, log };
  const resource = createPostgresResource(options);
  const { url } = await resource.ensure();
  const credentials = await openCredentials(folder);
  const port = Number(new URL(url).port);
  const enough = new AbortController();
  let acknowledged = 0;
  const write = async (): Promise<void> => {
    const client = new Client(url);
    await client.connect();
    while (!enough.signal.aborted) {
      await client.query('insert into gifts select from generate_series(1, 50)');
      acknowledged += 50;
    }
    await client.end();
  };
  const asOwner = new Client(url);
  await asOwner.connect();
  await asOwner.query('create table gifts (at timestamptz default now())');
  await asOwner.end();
  const writers = [write(), write()];
  try {
    await eventually('a thousand gifts', () => acknowledged > 1_000);
    const session = await openSuperuserSession(port, credentials, 0);
    const user = await findServerUser();
    const copied = join(root, 'copied');
    await mkdir(copied);
    const before = acknowledged;
    const owners = new Set<number>();
    const backup = await copyBaseBackup({
      client: session,
      source: join(folder, 'donations-1', 'data'),
      target: join(copied, 'data'),
      owner: user,
      wal: 'inside',
      progress: () => {
        owners.add(statSync(join(copied, 'data')).uid);
        owners.add(statSync(join(copied, 'data', 'base')).uid);
      },
    });
    await session.end();
    assert.deepEqual([...owners], [process.getuid?.()], 'ours alone until it is whole');
    for (const part of ['.', 'base', 'global/pg_control', 'backup_label']) {
      const { uid } = statSync(join(copied, 'data', part));
      assert.equal(uid, user?.uid ?? process.getuid?.(), part);
    }
    const meanwhile = acknowledged - before;
    assert.ok(meanwhile > 0, 'something was written meanwhile');
    const cluster = new PostgresCluster(copied, await findPostgresBinaries(user), user);
    const copyPort = await findFreePort(Math.random);
    const server = await cluster.start(copyPort);
    assert.ok(server);
    try {
      const isReady = async () => (await findRunningServer(cluster.dataFolder))?.ready === true;
      await eventually('the copy is up', isReady, 30_000);
      const client = new Client(url.replace(`:${port}/`, `:${copyPort}/`));
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query<{ n: number }>('select count(*)::int as n from gifts');
      await client.end();
      const found = rows[0]?.n ?? 0;
      assert.ok(found >= before, `${found} of ${before} acknowledged before the copy began`);
      assert.equal(found % 50, 0, 'no half transaction');
      const { copiedBytes } = backup;
      reportNumbers('base backup under load', { copiedBytes, before, meanwhile, found });
    } finally {
      signalProcess(server, 'SIGQUIT');
    }
  } finally {
    enough.abort();
    await Promise.all(writers);
    await resource.stop();
    await journal.close();
  }
});

test('a folder that becomes a link while it is copied has nothing of others copied', async () => {
  const root = await realpath(await temporaryFolder('base-backup'));
  const folder = join(root, 'donations');
  const journal = await openSqliteJournal({ folder: root });
  const log = createLog(2, 'test');
  const options = { name: 'donations', folder, clock: systemClock, journal, log };
  const resource = createPostgresResource(options);
  try {
    const { url } = await resource.ensure();
    const credentials = await openCredentials(folder);
    const session = await openSuperuserSession(Number(new URL(url).port), credentials, 0);
    const source = join(folder, 'donations-1', 'data');
    const [middle, outside] = [join(source, 'base', 'middle'), join(root, 'outside')];
    // More than are under way when the first is done.
    for (const [at, content] of [
      [middle, 'own'],
      [outside, 'of others'],
    ] as const) {
      mkdirSync(at);
      for (let n = 0; n < 200; n += 1) writeFileSync(join(at, String(n)), content);
    }
    let isExchanged = false;
    const exchange = (): void => {
      if (isExchanged) return;
      isExchanged = true;
      renameSync(middle, join(root, 'away'));
      symlinkSync(outside, middle);
    };
    const copied = join(root, 'copied');
    const copy = { client: session, source, target: copied, owner: null, wal: 'follows' } as const;
    await assert.rejects(copyBaseBackup({ ...copy, progress: exchange }), { code: 'ENOTDIR' });
    await session.end();
  } finally {
    await resource.stop();
    await journal.close();
  }
});
