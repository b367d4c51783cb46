import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findFreePort } from '../../src/lib/free-port.ts';
import { NeedReports } from '../../src/sdk/need-reports.ts';
import { PostgresDatabase } from '../../src/sdk/postgres/postgres-database.ts';
import { eventually } from '../support/eventually.ts';
import { pairPolicy, startPostgresPair, type PostgresPair } from '../support/postgres-pair.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let pair: PostgresPair;
let database: PostgresDatabase;
const closing: (() => unknown)[] = [];

/** PgBouncer as Debian has it, in session mode, before one server; its URL. */
async function poolerBefore(url: string): Promise<string> {
  const folder = await temporaryFolder('pooler');
  const { hostname, port, pathname, username, password } = new URL(url);
  const own = await findFreePort(Math.random);
  const name = pathname.slice(1);
  await writeFile(join(folder, 'users'), `"${username}" "${password}"\n`, { mode: 0o644 });
  const settings = [
    '[databases]',
    `${name} = host=${hostname} port=${port} dbname=${name}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'pool_mode = session',
    'auth_type = plain',
    `auth_file = ${join(folder, 'users')}`,
  ];
  await writeFile(join(folder, 'pgbouncer.ini'), `${settings.join('\n')}\n`, { mode: 0o644 });
  const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', ['-q', ...as, join(folder, 'pgbouncer.ini')], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new Error('this test needs PgBouncer: apt-get install pgbouncer', { cause })),
    );
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  closing.push(async () => {
    child.kill('SIGINT');
    await ended;
  });
  const through = new URL(url);
  through.host = `127.0.0.1:${own}`;
  return through.href;
}

async function give(note: string): Promise<void> {
  await database.write(({ query }) => query('insert into gifts (note) values ($1)', [note]));
}

before(async () => {
  pair = await startPostgresPair('sdk-pooler');
  closing.push(() => pair.stop());
  await pair.primary.ask('create table gifts (id serial primary key, note text)');
  const urls = [await poolerBefore(pair.primary.url), await poolerBefore(pair.replica.url)];
  database = new PostgresDatabase({
    need: 'db',
    urls,
    policy: pairPolicy,
    reports: new NeedReports(),
  });
  closing.push(() => database.close());
  await eventually('both poolers answer', () => database.read('select 1').catch(() => null));
});

after(async () => {
  for (const close of closing.toReversed()) await close();
});

test('writes in transactions go through a pooler in session mode', async () => {
  await give('one');
  await give('two');
  const rows = await pair.primary.ask<{ note: string }>('select note from gifts order by id');
  assert.deepEqual(
    rows.map(({ note }) => note),
    ['one', 'two'],
  );
});

test('a read cannot write, and the same connection can afterwards', async () => {
  await assert.rejects(database.read("insert into gifts (note) values ('three') returning id"));
  await give('four');
});

test('the server itself gives up a statement after the timeout of the need', async () => {
  const [row] = await database.read<{ statement_timeout: string }>('show statement_timeout');
  assert.equal(row?.statement_timeout, '2s');
});
