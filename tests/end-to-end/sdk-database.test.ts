import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NeedReports } from '../../src/sdk/need-reports.ts';
import { NeedLostError } from '../../src/sdk/need-lost-error.ts';
import { PostgresDatabase } from '../../src/sdk/postgres/postgres-database.ts';
import { eventually } from '../support/eventually.ts';
import { pairPolicy, startPostgresPair, type PostgresPair } from '../support/postgres-pair.ts';
import { reportNumbers } from '../support/prove.ts';

let pair: PostgresPair;
let database: PostgresDatabase;
const reports = new NeedReports();

before(async () => {
  pair = await startPostgresPair('sdk-database');
  await pair.primary.ask('create table gifts (id serial primary key, cents int not null)');
  await pair.primary.ask('insert into gifts (cents) values (500)');
  await eventually('the replica has it', async () => {
    const rows = await pair.replica.ask<{ n: number }>(
      `select count(*)::int as n from pg_class where relname = 'gifts'`,
    );
    return rows[0]?.n === 1;
  });
  const urls = [pair.primary.url, pair.replica.url];
  database = new PostgresDatabase({ need: 'db', urls, policy: pairPolicy, reports });
});
after(async () => {
  await database?.close();
  await pair?.stop();
});

const give = (cents: number): Promise<void> =>
  database.write(async (transaction) => {
    await transaction.query('insert into gifts (cents) values ($1)', [cents]);
  });
const isReplica = async (): Promise<boolean | undefined> => {
  const rows = await database.read<{ replica: boolean }>('select pg_is_in_recovery() as replica');
  return rows[0]?.replica;
};
const lost = (need: string) => (error: unknown) =>
  error instanceof NeedLostError && error.need === need && error.outcome === 'nothing-done';

/** Reads without a pause until it is stopped; says how many there were and what failed. */
function readOn(): { stop(): Promise<{ reads: number; failures: readonly string[] }> } {
  const stopping = new AbortController();
  let reads = 0;
  const failures: string[] = [];
  const one = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await database.read('select count(*) from gifts').then(
        () => reads++,
        (error: unknown) => failures.push(String(error)),
      );
    }
  };
  const readers = [one(), one(), one(), one()];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(readers);
      return { reads, failures };
    },
  };
}

test('reads go to the replica and writes to the primary, found by asking', async () => {
  await eventually('both are known', async () => (await isReplica()) === true);
  await give(1_000);
  const rows = await database.readLatest<{ replica: boolean; gifts: number }>(
    'select pg_is_in_recovery() as replica, (select count(*)::int from gifts) as gifts',
  );
  assert.deepEqual(rows, [{ replica: false, gifts: 2 }]);
  assert.equal(database.mode(), 'read-write');
  assert.deepEqual(reports.current(), { down: [] });
});

test('a read cannot write, on whichever server it lands', async () => {
  const write = 'insert into gifts (cents) values (1) returning id';
  await assert.rejects(database.read(write), /read-only transaction/);
  await assert.rejects(database.readLatest(write), /read-only transaction/);
  // The same session writes afterwards, and nobody was taken for lost.
  await give(2_000);
  assert.equal(database.mode(), 'read-write');
});

test('a transaction whose work throws leaves nothing behind', async () => {
  const failing = database.write(async (transaction) => {
    await transaction.query('insert into gifts (cents) values (666)');
    throw new Error('thought better of it');
  });
  await assert.rejects(failing, /thought better/);
  assert.deepEqual(await database.readLatest('select 1 from gifts where cents = 666'), []);
});

test('a failed statement that the work swallows is no success', async () => {
  const failing = database.write(async (transaction) => {
    await transaction.query('select 1 / 0').catch(() => undefined);
  });
  await assert.rejects(failing, /nothing was written/);
});

test('more callers than connections wait their turn, and none beyond the bound', async () => {
  const slow = Array.from({ length: 24 }, () => database.readLatest('select pg_sleep(0.05)'));
  await Promise.all(slow);
  const sessions = await pair.primary.ask<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where application_name = 'turnout-sdk'`,
  );
  assert.ok((sessions[0]?.n ?? 99) <= pairPolicy.inFlight + 1, JSON.stringify(sessions));
  const many = Array.from({ length: 200 }, () => database.readLatest('select pg_sleep(0.01)'));
  const results = await Promise.allSettled(many);
  const refused = results.filter(({ status }) => status === 'rejected');
  assert.ok(refused.length > 0, 'some were refused at once');
  assert.deepEqual(reports.current(), { down: [] }, 'a full pool is no lost server');
});

test('a statement that takes too long is ended by the server and fails plainly', async () => {
  await assert.rejects(database.readLatest('select pg_sleep(60)'), lost('db.primary'));
  const isEnded = async () => {
    const rows = await pair.primary.ask(
      `select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`,
    );
    return rows.length === 0;
  };
  await eventually('nothing goes on working for nobody', isEnded);
  await give(100);
});

test('the replica is killed under load: no read fails, they go to the primary', async () => {
  const reading = readOn();
  await pair.replica.kill();
  await eventually('it is reported', () => reports.current().down.includes('db.replica'));
  assert.equal(await isReplica(), false);
  await give(300);
  assert.deepEqual(reports.current(), { down: ['db.replica'] });
  await pair.replica.start();
  await eventually('it is used again', async () => (await isReplica()) === true);
  const { reads, failures } = await reading.stop();
  reportNumbers('replica killed and back', { reads, failed: failures.length });
  assert.deepEqual(failures, []);
  assert.deepEqual(reports.current(), { down: [] });
});

test('the replica hangs: reads go to the primary within their time', async () => {
  pair.replica.freeze();
  try {
    await Promise.all(Array.from({ length: 8 }, () => database.read('select 1')));
    await eventually('it is reported', () => reports.current().down.includes('db.replica'));
    assert.equal(await isReplica(), false);
  } finally {
    pair.replica.thaw();
  }
  await eventually('it is used again', async () => (await isReplica()) === true);
});

test('the primary is killed: reads go on, writes are refused; promoted, writes go on', async () => {
  const reading = readOn();
  await pair.primary.kill();
  await assert.rejects(give(1), lost('db.primary'));
  await assert.rejects(database.readLatest('select 1'), lost('db.primary'));
  assert.equal(database.mode(), 'read-only');
  assert.ok(reports.current().down.includes('db.primary'));
  await pair.replica.ask('select pg_promote(true, 10)');
  const promotedAtMs = performance.now();
  await eventually('writes go on', () =>
    give(400).then(
      () => true,
      () => false,
    ),
  );
  const followedMs = Math.round(performance.now() - promotedAtMs);
  const { reads, failures } = await reading.stop();
  reportNumbers('primary killed and replica promoted', {
    reads,
    failed: failures.length,
    followedMs,
  });
  assert.deepEqual(failures, []);
  assert.equal(database.mode(), 'read-write');
  assert.deepEqual(reports.current(), { down: ['db.replica'] });
});

test('the old primary comes back unfenced: nobody writes to it', async () => {
  await pair.primary.start();
  await give(12_345);
  for (let turn = 0; turn < 20; turn++) await give(1);
  const there = await pair.primary.ask('select 1 from gifts where cents = 12345');
  assert.deepEqual(there, []);
  const promoted = await pair.replica.ask('select 1 from gifts where cents = 12345');
  assert.equal(promoted.length, 1);
});
