import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';
import { NeedLostError } from '../../src/sdk/need-lost-error.ts';
import { NeedReports } from '../../src/sdk/need-reports.ts';
import { PostgresDatabase } from '../../src/sdk/postgres/postgres-database.ts';
import { eventually } from '../support/eventually.ts';
import { hangPostgres } from '../support/hang-postgres.ts';
import { reportNumbers } from '../support/prove.ts';
import { giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';

const timeoutMs = 2_000;

describe('a primary that hangs', () => {
  let database: ReplicatedDatabase;
  let sdk: PostgresDatabase;
  const hung: (() => void)[] = [];
  before(async () => {
    database = await replicatedDatabase({ replicas: 1, durability: 'sync' });
    await database.until('sync', ({ durability }) => durability === 'sync');
    const policy = {
      need: 'donations',
      kind: 'postgres',
      timeoutMs,
      inFlight: 8,
      reads: ['replica', 'primary'],
    } as const;
    const reports = new NeedReports();
    sdk = new PostgresDatabase({ need: 'donations', urls: database.urls(), policy, reports });
  });
  after(async () => {
    for (const goOn of hung) goOn();
    await sdk.close();
    await database.end();
  });

  const hang = async (): Promise<() => void> => {
    const goOn = await hangPostgres(database.dataFolder('donations-1'));
    hung.push(goOn);
    return goOn;
  };
  const lostNote = () => database.resource.notes().find(({ code }) => code === 'primary-lost');

  test('is told of, nothing is promoted, and that it answers again is told too', async () => {
    const goOn = await hang();
    const hungMs = performance.now();
    const note = await eventually('the alert', lostNote, 20_000);
    const toldAfterMs = Math.round(performance.now() - hungMs);
    assert.match(note.message, /donations-1 runs, but it does not answer since \d{4}-\S+Z\.$/);
    assert.match(note.remedy ?? '', /turnout resource promote donations/);
    assert.ok(toldAfterMs >= 4_000, `after ${toldAfterMs} ms it is not plain yet`);
    const { state, reason, members } = database.resource.status();
    assert.equal(state, 'up');
    assert.match(reason ?? '', /^it does not answer since /);
    assert.match(members[0]?.reason ?? '', /^it does not answer since /);
    goOn();
    const goesOnMs = performance.now();
    await eventually('the alert goes', () => lostNote() === undefined, 20_000);
    const goneAfterMs = Math.round(performance.now() - goesOnMs);
    const { promotion, members: record } = await database.record();
    assert.equal(promotion, null);
    assert.equal(record[0]?.standing.kind, 'primary');
    await database.until('sync', ({ durability, reason: why }) => {
      return durability === 'sync' && why === null;
    });
    reportNumbers('primary hung and went on', { toldAfterMs, goneAfterMs });
  });

  test('is fenced within seconds, and reads go on all the while', async () => {
    const use = useIt(sdk);
    await eventually('gifts', () => use.acknowledged.size > 50);
    const old = await findRunningServer(database.dataFolder('donations-1'));
    assert.ok(old);
    await hang();
    await eventually('the alert', lostNote, 20_000);
    const askedMs = performance.now();
    const { to, loss } = await database.resource.promote({
      member: null,
      force: false,
      acceptLoss: false,
      who: 'test',
    });
    const promotedAfterMs = Math.round(performance.now() - askedMs);
    assert.deepEqual([to, loss.kind], ['donations-2', 'none']);
    assert.equal(await findRunningServer(database.dataFolder('donations-1')), null);
    assert.ok(promotedAfterMs < 15_000, `promoted after ${promotedAfterMs} ms`);
    const already = use.acknowledged.size;
    await eventually('gifts go on', () => use.acknowledged.size > already + 20, 20_000);
    await use.stop();
    const kept = new Set(
      (await sdk.readLatest<{ n: number }>('select n from gifts')).map(numberOf),
    );
    assert.deepEqual(
      [...use.acknowledged].filter((n) => !kept.has(n)),
      [],
    );
    const { longestReadMs, failedReads, longestWritePauseMs, failedWrites } = use;
    assert.equal(failedReads, 0);
    const numbers = { promotedAfterMs, longestReadMs, failedReads };
    reportNumbers('primary hung and replaced', {
      ...numbers,
      longestWritePauseMs,
      ...failedWrites,
    });
  });
});

describe('a database whose primary hangs', () => {
  test('is stopped within seconds, and has all that was acknowledged afterwards', async () => {
    const database = await replicatedDatabase({ replicas: 0, durability: 'async' });
    const load = giveUnderLoad(database, 2);
    await eventually('gifts', () => load.acknowledged.size > 50);
    const goOn = await hangPostgres(database.dataFolder('donations-1'));
    const askedMs = performance.now();
    await Promise.all([database.resource.stop(), load.stop()]);
    const stoppedAfterMs = Math.round(performance.now() - askedMs);
    goOn();
    assert.ok(stoppedAfterMs < 20_000, `stopped after ${stoppedAfterMs} ms`);
    await database.open();
    const kept = new Set((await database.ask<{ n: number }>('select n from gifts')).map(numberOf));
    const lost = [...load.acknowledged].filter((n) => !kept.has(n));
    await database.end();
    assert.deepEqual(lost, []);
    reportNumbers('primary hung and stopped', { stoppedAfterMs, gifts: load.acknowledged.size });
  });
});

const numberOf = ({ n }: { readonly n: number }): number => n;

/** Reads and gives through the SDK, as a service does; each gift has a number of its own. */
function useIt(sdk: PostgresDatabase) {
  const enough = new AbortController();
  let next = 1;
  const use = {
    acknowledged: new Set<number>(),
    longestReadMs: 0,
    failedReads: 0,
    longestWritePauseMs: 0,
    /** By what is known of them. */
    failedWrites: { notDone: 0, unknown: 0, longestFailureMs: 0 },
    async stop() {
      enough.abort();
      await Promise.all(all);
    },
  };
  const read = async (): Promise<void> => {
    while (!enough.signal.aborted) {
      const fromMs = performance.now();
      await sdk.read('select count(*) from gifts').catch(() => (use.failedReads += 1));
      use.longestReadMs = Math.max(use.longestReadMs, Math.round(performance.now() - fromMs));
    }
  };
  const give = async (): Promise<void> => {
    let lastMs = performance.now();
    while (!enough.signal.aborted) {
      const n = next++;
      const fromMs = performance.now();
      try {
        await sdk.write((transaction) => transaction.query('insert into gifts values ($1)', [n]));
        use.acknowledged.add(n);
        const pauseMs = Math.round(performance.now() - lastMs);
        use.longestWritePauseMs = Math.max(use.longestWritePauseMs, pauseMs);
        lastMs = performance.now();
      } catch (error) {
        assert.ok(error instanceof NeedLostError, String(error));
        const { failedWrites } = use;
        if (error.outcome === 'unknown') failedWrites.unknown += 1;
        else failedWrites.notDone += 1;
        const tookMs = Math.round(performance.now() - fromMs);
        failedWrites.longestFailureMs = Math.max(failedWrites.longestFailureMs, tookMs);
        // Lost is said at once from then on.
        await systemClock.sleep(20);
      }
    }
  };
  const all = [read(), give(), give()];
  return use;
}
