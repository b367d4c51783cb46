import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LastGood } from '../../src/sdk/last-good.ts';
import { NeedLostError } from '../../src/sdk/need-lost-error.ts';
import { NeedReports } from '../../src/sdk/need-reports.ts';
import { PostgresDatabase } from '../../src/sdk/postgres/postgres-database.ts';
import { eventually } from '../support/eventually.ts';
import { pairPolicy, startPostgresPair, type PostgresPair } from '../support/postgres-pair.ts';

let pair: PostgresPair;
let database: PostgresDatabase;

before(async () => {
  pair = await startPostgresPair('sdk-last-good');
  const urls = [pair.primary.url, pair.replica.url];
  const reports = new NeedReports();
  database = new PostgresDatabase({ need: 'db', urls, policy: pairPolicy, reports });
});
after(async () => {
  await database?.close();
  await pair?.stop();
});

const total = async (): Promise<number> => {
  const rows = await database.read<{ total: number }>('select 4200 as total');
  return rows[0]?.total ?? Number.NaN;
};

test('a read goes from replica to primary to what was kept to what always holds', async () => {
  const totals = new LastGood<number>({ forMs: 60_000, otherwise: 0 });
  const empty = new LastGood<number>({ forMs: 60_000, otherwise: 0 });
  const none = new LastGood<number>({ forMs: 60_000 });
  await eventually('the database answers', () => total().catch(() => null));
  assert.equal((await totals.ask('total', total)).from, 'now');

  await pair.replica.kill();
  assert.equal((await totals.ask('total', total)).from, 'now');

  await pair.primary.kill();
  const { from, value } = await totals.ask('total', total);
  assert.deepEqual([from, value], ['kept', 4_200]);
  // As in an instance that has only just started: its cache is lost too.
  const never = { from: 'otherwise', value: 0, asOfMs: null };
  assert.deepEqual(await empty.ask('total', total), never);
  await assert.rejects(none.ask('total', total), NeedLostError);

  await pair.primary.start();
  await eventually('it is asked again', async () => {
    return (await empty.ask('total', total)).from === 'now';
  });
});
