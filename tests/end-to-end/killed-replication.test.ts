import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client } from 'pg';
import type { ReplicationRecord } from '../../src/controller/resources/postgres/replication-record.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';
import { testSeed } from '../support/seed.ts';

const held = join(import.meta.dirname, '../support/replication-process.ts');
const deeds = ['promote', 'reseed'] as const;
const settleWithinMs = 150_000;

let database: ReplicatedDatabase | null = null;
after(() => database?.end());

test('whoever promotes or seeds is killed at any moment: the next carries on', async () => {
  const { randomness } = testSeed('killed replication');
  database = await replicatedDatabase({ replicas: 1, durability: 'sync' });
  const { folder } = database;
  await database.until('sync', ({ durability }) => durability === 'sync');
  await database.close();
  const load = giveUnderLoad({ urls: () => urlsOf(folder) }, 2);
  const kills = { promote: 0, reseed: 0 };
  for (let kill = 0; kill < count(2, 40); kill += 1) {
    const deed = deeds[kill % deeds.length] ?? 'promote';
    const afterMs = randomness.fraction() * (deed === 'promote' ? 700 : 1_500);
    const ended = await hold(folder, deed, afterMs);
    if (ended === 'killed') kills[deed] += 1;
    assert.equal(await hold(folder, 'settle', settleWithinMs), 'done', `after kill ${kill}`);
    const writers = await whoTakesWrites(folder);
    assert.equal(writers.length, 1, `${writers.join()} take writes`);
  }
  await load.stop();
  const rows = await rowsOfPrimary(folder);
  const lost = [...load.acknowledged].filter((n) => !rows.has(n));
  assert.deepEqual(lost, []);
  const { acknowledged, failures, longestPauseMs } = load;
  const sums = { acknowledged: acknowledged.size, lost: lost.length, failures, longestPauseMs };
  reportNumbers('replication killed', { ...kills, ...sums });
});

/** Starts the holder and kills it so long after it has begun with its deed. */
function hold(folder: string, deed: string, afterMs: number): Promise<'done' | 'killed'> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [held, join(folder, '..'), deed], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let wrong = '';
    let timer: NodeJS.Timeout | null = null;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      wrong = (wrong + text).slice(-4_000);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('holds')) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
      if (said.includes('done')) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (timer !== null) clearTimeout(timer);
      if (said.includes('done')) resolve('done');
      else if (code === null) resolve('killed');
      else reject(new Error(`${deed} ended with ${code}:\n${wrong}`));
    });
  });
}

function urlsOf(folder: string): readonly string[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const { ownerPassword } = read('credentials.json') as { ownerPassword: string };
  const { members } = read('replication.json') as ReplicationRecord;
  return members.map(
    ({ port }) => `postgres://donations:${ownerPassword}@127.0.0.1:${port}/donations`,
  );
}

async function whoTakesWrites(folder: string): Promise<readonly string[]> {
  const found = await Promise.all(
    urlsOf(folder).map(async (url) =>
      (await asks(url, isPrimary))[0]?.['is'] === true ? [url] : [],
    ),
  );
  return found.flat();
}

const isPrimary = 'select not pg_is_in_recovery() as is';

async function rowsOfPrimary(folder: string): Promise<ReadonlySet<number>> {
  const [url = ''] = await whoTakesWrites(folder);
  return new Set((await asks(url, 'select n from gifts')).map(({ n }) => Number(n)));
}

async function asks(url: string, query: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}
