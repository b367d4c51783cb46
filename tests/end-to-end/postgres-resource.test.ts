import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import {
  createPostgresResource,
  type PostgresResource,
} from '../../src/controller/resources/postgres/postgres-resource.ts';
import { createLog } from '../../src/lib/log.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { eventually } from '../support/eventually.ts';
import type { Journal } from '../../src/ports/journal/port.ts';

describe('a PostgreSQL of our own', () => {
  let root: string;
  let folder: string;
  let journal: Journal;
  let resource: PostgresResource;
  let url: string;

  const open = (): PostgresResource =>
    createPostgresResource({
      name: 'donations',
      folder,
      clock: systemClock,
      journal,
      log: createLog(2, 'test'),
    });
  const ask = async (statement: string, values: unknown[] = []): Promise<unknown[]> => {
    const client = new Client(url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query({ text: statement, values, rowMode: 'array' })).rows.flat();
    } finally {
      await client.end();
    }
  };
  const serverPid = async (): Promise<number> => {
    const lock = join(folder, 'donations-1', 'data', 'postmaster.pid');
    return Number((await readFile(lock, 'utf8')).split('\n')[0]);
  };

  before(async () => {
    // Private to this user, as the state folder is: the server's own user must do without it.
    root = await mkdtemp(join(tmpdir(), 'turnout-postgres-'));
    folder = join(root, 'resources', 'donations');
    journal = await openSqliteJournal({ folder: root });
    resource = open();
    const startedMs = performance.now();
    ({ url } = await resource.ensure());
    reportNumbers('PostgreSQL, first start', { ms: Math.round(performance.now() - startedMs) });
    await ask('create table gifts (cents int not null)');
  });
  after(async () => {
    await resource.stop();
    await journal.close();
    await rm(root, { recursive: true });
  });

  test('is durable, on loopback only, and gives its service only its own database', async () => {
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_level'];
    const shown = settings.map((name) => `current_setting('${name}')`).join(', ');
    assert.deepEqual(await ask(`select ${shown}`), ['on', 'on', 'on', 'replica']);
    assert.deepEqual(await ask(`select current_setting('listen_addresses')`), ['127.0.0.1']);
    assert.deepEqual(await ask(`select current_user, current_database()`), [
      'donations',
      'donations',
    ]);
    await assert.rejects(ask(`copy gifts to program 'cat'`), { code: '42501' });
  });

  test('lets nobody in without the password', async () => {
    const wrong = new URL(url);
    wrong.password = 'guessed';
    const client = new Client(wrong.href);
    client.on('error', () => undefined);
    await assert.rejects(client.connect(), { code: '28P01' });
  });

  test('keeps its passwords in one private file and out of its log', async () => {
    const { password } = new URL(url);
    assert.equal((await stat(join(folder, 'credentials.json'))).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith('.log')) continue;
      assert.ok(!(await readFile(join(folder, name), 'utf8')).includes(password));
    }
  });

  test('sorts and folds letters beyond ASCII, whatever the locale of the machine', async () => {
    assert.deepEqual(await ask(`select upper('zoë é')`), ['ZOË É']);
  });

  test('runs on without us and is adopted', async () => {
    const pid = await serverPid();
    await resource.close();
    assert.equal(await serverPid(), pid);
    resource = open();
    assert.equal((await resource.ensure()).url, url);
    assert.equal(await serverPid(), pid);
    assert.equal(resource.status().state, 'up');
  });

  test('killed, comes back by itself with every gift that was acknowledged', async () => {
    const downMs: number[] = [];
    for (let kill = 0; kill < count(2, 8); kill += 1) {
      let acknowledged = (await ask('select count(*)::int from gifts'))[0] as number;
      const give = async (): Promise<never> => {
        for (;;) {
          await ask('insert into gifts values ($1)', [1]);
          acknowledged += 1;
        }
      };
      const interrupted = give().catch(() => undefined);
      await systemClock.sleep(50);
      const pid = await serverPid();
      process.kill(pid, 'SIGKILL');
      const killedMs = performance.now();
      await interrupted;
      const isBack = async (): Promise<boolean> =>
        resource.status().state === 'up' && (await serverPid().catch(() => pid)) !== pid;
      await eventually('a new server', isBack, 60_000);
      const kept = (await ask('select count(*)::int from gifts'))[0] as number;
      downMs.push(Math.round(performance.now() - killedMs));
      // One more may be there whose answer was on its way.
      assert.ok(kept === acknowledged || kept === acknowledged + 1, `${kept} of ${acknowledged}`);
    }
    reportNumbers('PostgreSQL killed: until it answers again', { ms: downMs });
    const died = await journal.range({ kind: 'resource.died' });
    assert.equal(died.length, count(2, 8));
  });

  test('stopped, starts again with its data, on another port when its own is taken', async () => {
    const before = await ask('select count(*)::int from gifts');
    await resource.stop();
    const { port } = new URL(url);
    const squatter = createServer().listen(Number(port), '127.0.0.1');
    try {
      resource = open();
      const startedMs = performance.now();
      ({ url } = await resource.ensure());
      reportNumbers('PostgreSQL, second start', { ms: Math.round(performance.now() - startedMs) });
      assert.notEqual(new URL(url).port, port);
      assert.deepEqual(await ask('select count(*)::int from gifts'), before);
    } finally {
      squatter.close();
    }
  });

  test('starts although the number in its old lock now belongs to another process', async () => {
    await resource.stop();
    const lock = `${process.pid}\n${folder}/donations-1/data\n1\n20000\n\n127.0.0.1\n0 0\nready   \n`;
    await writeFile(join(folder, 'donations-1', 'data', 'postmaster.pid'), lock);
    resource = open();
    await resource.ensure();
    assert.notEqual(await serverPid(), process.pid);
  });

  test('that cannot start says why, with its last lines', async () => {
    await resource.stop();
    const file = join(folder, 'donations-1', 'data', 'postgresql.conf');
    const settings = await readFile(file, 'utf8');
    await writeFile(file, `${settings}\nshared_buffers = plenty\n`);
    resource = open();
    await assert.rejects(resource.ensure(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'postgres-start-failed');
      assert.match(error.message, /shared_buffers.*plenty/);
      return true;
    });
    assert.equal(resource.status().state, 'down');
    await writeFile(file, settings);
    await resource.ensure();
  });
});
