import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';
import { eventually } from '../support/eventually.ts';
import { killPostgres, wreckPostgres } from '../support/kill-postgres.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';

let database: ReplicatedDatabase | null = null;
let reading: Reading | null = null;
after(async () => {
  await reading?.stop();
  await database?.end();
});

test('replica killed, primary wrecked, promoted, reseeded: reads go on, nothing lost', async () => {
  database = await replicatedDatabase({ replicas: 1, durability: 'sync' });
  const held = database;
  const inSync = () => held.until('sync', ({ durability }) => durability === 'sync');
  await inSync();
  const pausesMs: number[] = [];
  reading = readUnderLoad(held);
  const acknowledged = new Set<number>();
  let failedWrites = 0;
  for (let round = 0; round < count(1, 10); round += 1) {
    const load = giveUnderLoad(held, 4);
    await eventually('gifts', () => load.acknowledged.size > 50);
    const [primary = '', replica = ''] = namesOf(held);
    const killed = await killPostgres(held.dataFolder(replica));
    await eventually('it is back', async () => {
      const server = await findRunningServer(held.dataFolder(replica));
      return server?.ready === true && server.process.pid !== killed && isUp(held, replica);
    });
    // On a busy machine it took longer than commits waited, and redundancy has to come back first.
    await inSync();
    await wreckPostgres(held.dataFolder(primary));
    await held.until('down', ({ state }) => state === 'down');
    const report = await held.resource.promote({
      member: null,
      force: false,
      acceptLoss: false,
      who: 'test',
    });
    assert.deepEqual([report.to, report.loss.kind], [replica, 'none']);
    const before = load.acknowledged.size;
    await eventually('gifts go on', () => load.acknowledged.size > before + 20, 30_000);
    await held.resource.reseed(primary, 'test');
    await inSync();
    await load.stop();
    for (const n of load.acknowledged) acknowledged.add(n);
    failedWrites += load.failures;
    pausesMs.push(load.longestPauseMs);
  }
  const { reads, failed } = await reading.stop();
  const rows = await held.ask<{ n: number }>('select n from gifts');
  const kept = new Set(rows.map(({ n }) => n));
  const lost = [...acknowledged].filter((n) => !kept.has(n));
  reportNumbers('servers lost under load', {
    acknowledged: acknowledged.size,
    lost: lost.length,
    failedWrites,
    longestPausesMs: pausesMs,
    reads,
    failedReads: failed,
  });
  assert.deepEqual(lost, []);
  assert.ok(reads > 0);
  assert.equal(failed, 0);
});

function namesOf({ resource }: ReplicatedDatabase): readonly string[] {
  const order = { primary: 0, replica: 1, fenced: 2 };
  const members = [...resource.status().members];
  return members.sort((a, b) => order[a.role] - order[b.role]).map(({ name }) => name);
}

function isUp({ resource }: ReplicatedDatabase, member: string): boolean {
  return resource.status().members.some(({ name, state }) => name === member && state === 'up');
}

interface Reading {
  stop(): Promise<{ readonly reads: number; readonly failed: number }>;
}

/** Reads from whichever member answers; one that no member answers has failed. */
function readUnderLoad(held: ReplicatedDatabase): Reading {
  const enough = new AbortController();
  let reads = 0;
  let failed = 0;
  const reader = async (): Promise<void> => {
    while (!enough.signal.aborted) {
      if (await readOnce(held.urls())) reads += 1;
      else failed += 1;
      await systemClock.sleep(10);
    }
  };
  const done = reader();
  return {
    async stop() {
      enough.abort();
      await done;
      return { reads, failed };
    },
  };
}

async function readOnce(urls: readonly string[]): Promise<boolean> {
  for (const connectionString of urls) {
    const client = new Client({ connectionString, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select count(*) from (select from gifts limit 10) as few');
      return true;
    } catch {
      // The next one, then.
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return false;
}
