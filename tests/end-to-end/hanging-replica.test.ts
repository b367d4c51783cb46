import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { hangPostgres } from '../support/hang-postgres.ts';
import { killPostgres } from '../support/kill-postgres.ts';
import { reportNumbers } from '../support/prove.ts';
import { follows, giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';

describe('replicas that hang, and two of them', () => {
  let database: ReplicatedDatabase;
  before(async () => {
    database = await replicatedDatabase({ replicas: 1, durability: 'sync' });
    await inSync();
  });
  after(() => database.end());

  const inSync = () => database.until('sync', ({ durability }) => durability === 'sync');
  const timesLost = async (): Promise<number> =>
    (await database.journal.range({ kind: 'resource.redundancy-lost' })).length;
  const isAllKept = async (acknowledged: ReadonlySet<number>): Promise<void> => {
    const rows = await database.ask<{ n: number }>('select n from gifts');
    const kept = new Set(rows.map(({ n }) => n));
    assert.deepEqual(
      [...acknowledged].filter((n) => !kept.has(n)),
      [],
    );
  };

  /** Hangs the only replica under load until gifts go on without it, and some time longer. */
  const hangUnderLoad = async (what: string, until: () => Promise<unknown>): Promise<void> => {
    await inSync();
    const load = giveUnderLoad(database, 4);
    await eventually('gifts', () => load.acknowledged.size > 50);
    const goOn = await hangPostgres(database.dataFolder('donations-2'));
    try {
      const hung = await database.until('lost', ({ durability }) => durability === 'lost');
      assert.equal(hung.members[1]?.reason, 'it does not follow the primary now');
      assert.equal(database.resource.notes()[0]?.code, 'redundancy-lost');
      const already = load.acknowledged.size;
      await eventually('gifts go on', () => load.acknowledged.size > already + 20);
      await until();
    } finally {
      goOn();
    }
    await inSync();
    await load.stop();
    assert.deepEqual(database.resource.notes(), []);
    assert.equal(load.failures, 0);
    await isAllKept(load.acknowledged);
    reportNumbers(what, { longestPauseMs: load.longestPauseMs });
  };

  test('one that hangs on small data is given up, and is waited for when it goes on', () =>
    hangUnderLoad('replica hung, small data', async () => undefined));

  test('so is one on larger data that its primary has cut off meanwhile', async () => {
    await database.ask(
      "create table bulk as select repeat('x', 1000) as words from generate_series(1, 100000)",
    );
    await hangUnderLoad('replica hung until cut off, large data', () =>
      eventually(
        'the primary ends the connection',
        () => database.resource.status().members[1]?.lagBytes === null,
        30_000,
      ),
    );
    await database.ask('drop table bulk');
  });

  test('of two, one that hangs or dies costs no redundancy', async () => {
    await database.resource.configure({ replicas: 2, durability: 'sync' });
    await eventually('both count', () => quorumOf(database, 2), 60_000);
    const lost = await timesLost();
    const load = giveUnderLoad(database, 4);
    await eventually('gifts', () => load.acknowledged.size > 50);
    const goOn = await hangPostgres(database.dataFolder('donations-2'));
    try {
      await eventually('the other alone counts', () => quorumOf(database, 1), 30_000);
      assert.equal(database.resource.status().durability, 'sync');
      const already = load.acknowledged.size;
      await eventually('gifts go on', () => load.acknowledged.size > already + 20);
    } finally {
      goOn();
    }
    await eventually('both count again', () => quorumOf(database, 2), 30_000);
    await killPostgres(database.dataFolder('donations-3'));
    const already = load.acknowledged.size;
    await eventually('gifts go on', () => load.acknowledged.size > already + 20);
    await database.until('it is back', (status) => follows(status, 'donations-3'));
    await load.stop();
    assert.equal(await timesLost(), lost);
    assert.equal(load.failures, 0);
    await isAllKept(load.acknowledged);
    reportNumbers('one of two replicas hung, one killed', { longestPauseMs: load.longestPauseMs });
  });

  test('of two, one takes over, and the other follows it without a new copy', async () => {
    await database.until('both follow', (status) => {
      return follows(status, 'donations-2') && follows(status, 'donations-3');
    });
    const seeded = await database.journal.range({ kind: 'resource.seeded' });
    const load = giveUnderLoad(database, 4);
    await eventually('gifts', () => load.acknowledged.size > 50);
    const request = { member: 'donations-2', force: true, acceptLoss: false, who: 'test' };
    const { to, loss } = await database.resource.promote(request);
    assert.deepEqual([to, loss.kind], ['donations-2', 'none']);
    await database.until('sync', (status) => {
      return follows(status, 'donations-3') && status.durability === 'sync';
    });
    const [repointed] = await database.journal.range({ kind: 'resource.repointed' });
    assert.deepEqual(repointed?.data, { member: 'donations-3', to: 'donations-2' });
    assert.equal((await database.journal.range({ kind: 'resource.seeded' })).length, seeded.length);
    await load.stop();
    await isAllKept(load.acknowledged);
  });
});

/** Whether commits wait for one of so many. */
async function quorumOf(database: ReplicatedDatabase, replicas: number): Promise<boolean> {
  const { durability } = await database.record();
  return durability.kind === 'sync' && durability.quorum.length === replicas;
}
