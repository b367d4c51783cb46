import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OnceResult } from '../../src/sdk/postgres/database.ts';
import { drop } from '../../src/sdk/drop.ts';
import { migrate } from '../../src/sdk/postgres/migrate.ts';
import { KEPT_DAYS, collectKeys } from '../../src/sdk/postgres/once.ts';
import { postgres } from '../../src/sdk/postgres/postgres.ts';
import { startPostgresPair, type PostgresPair } from '../support/postgres-pair.ts';

let pair: PostgresPair;
const gifts = { name: '001-gifts', sql: 'create table gifts (id serial primary key, cents int)' };

before(async () => {
  pair = await startPostgresPair('sdk-once');
  process.env['NEED_DB_URL'] = pair.replica.url;
  process.env['NEED_DB_REPLICA_URLS'] = pair.primary.url;
});
after(async () => {
  await drop();
  await pair?.stop();
});

interface Gift {
  readonly [name: string]: number;
}

const give = (key: string | null, cents: number, feature = 'donate'): Promise<OnceResult<Gift>> =>
  postgres('db').once({ key, feature, request: { cents } }, async (transaction) => {
    const [row] = await transaction.query<Gift>(
      'insert into gifts (cents) values ($1) returning id, cents',
      [cents],
    );
    return row ?? {};
  });
const count = async (): Promise<number> => {
  const rows = await postgres('db').readLatest<{ n: number }>(
    'select count(*)::int as n from gifts',
  );
  return rows[0]?.n ?? -1;
};

test('migrations find the primary and run once, however many start them', async () => {
  const later = {
    name: '002-index',
    sql: 'create index concurrently gifts_cents on gifts (cents)',
    alone: true,
  };
  const all = [gifts, later];
  await Promise.all([migrate('db', all), migrate('db', all), migrate('db', all)]);
  const rows = await pair.primary.ask('select name from turnout_migrations order by name');
  assert.deepEqual(rows, [{ name: '001-gifts' }, { name: '002-index' }]);
});

test('a migration that fails leaves nothing, and one whose text changed is refused', async () => {
  const halfWay = { name: '003-half', sql: 'create table half (); select 1 / 0' };
  await assert.rejects(migrate('db', [gifts, halfWay]), /003-half failed: division by zero/);
  assert.deepEqual(await pair.primary.ask(`select 1 from pg_class where relname = 'half'`), []);
  await assert.rejects(migrate('db', [{ ...gifts, sql: 'select 1' }]), /ran with another text/);
});

test('a key that comes again gets the first answer, and nothing is done again', async () => {
  const first = await give('a', 500);
  assert.equal(first.kind, 'done');
  const again = await give('a', 500);
  assert.equal(again.kind, 'again');
  assert.deepEqual('answer' in again && again.answer, 'answer' in first && first.answer);
  assert.equal(await count(), 1);
});

test('a key with another request is refused; another feature has keys of its own', async () => {
  assert.deepEqual(await give('a', 501), { kind: 'key-reused' });
  assert.equal((await give('a', 501, 'pledge')).kind, 'done');
  assert.equal(await count(), 2);
});

test('of many at a time with one key one is done and the others get its answer', async () => {
  const before = await count();
  const results = await Promise.all(Array.from({ length: 8 }, () => give('b', 700)));
  assert.equal(results.filter(({ kind }) => kind === 'done').length, 1);
  assert.equal(results.filter(({ kind }) => kind === 'again').length, 7);
  assert.equal(new Set(results.map((result) => JSON.stringify({ ...result, kind: '' }))).size, 1);
  assert.equal(await count(), before + 1);
});

test('work that throws takes its key back with it', async () => {
  const failing = postgres('db').once({ key: 'c', feature: 'donate', request: {} }, async () => {
    throw new Error('card refused');
  });
  await assert.rejects(failing, /card refused/);
  const { kind } = await postgres('db').once(
    { key: 'c', feature: 'donate', request: {} },
    async () => 'given',
  );
  assert.equal(kind, 'done');
});

test('without a key each is done', async () => {
  const before = await count();
  await give(null, 100);
  await give(null, 100);
  assert.equal(await count(), before + 2);
});

test('who waits too long for the first with its key is told to come again', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const first = postgres('db').once({ key: 'd', feature: 'donate', request: 1 }, async () => {
    begun();
    await held;
    return 'first';
  });
  await hasBegun;
  const second = postgres('db').once({ key: 'd', feature: 'donate', request: 1 }, async () => 'x');
  await assert.rejects(second, { name: 'RequestProblem', status: 409 });
  release();
  assert.equal((await first).kind, 'done');
});

test('keys older than their time are collected, the others stay', async () => {
  await pair.primary.ask(
    `insert into turnout_once
     select 'donate', 'old-' || n, '', '1', now() - make_interval(days => $1, mins => 1)
     from generate_series(1, 1500) n`,
    [KEPT_DAYS],
  );
  assert.equal(await collectKeys(postgres('db')), 1_000);
  assert.equal(await collectKeys(postgres('db')), 500);
  assert.equal((await give('a', 500)).kind, 'again');
});
