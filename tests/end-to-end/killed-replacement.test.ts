import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReplicationRecord } from '../../src/controller/resources/postgres/replication-record.ts';
import {
  breakChoice,
  controlFile,
  makeWhole,
  mendMember,
  missingGifts,
} from '../support/broken-choice.ts';
import { replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';
import { startByHand } from '../support/start-by-hand.ts';

const replacing = join(import.meta.dirname, '../support/replacing-process.ts');

/** What the record says when the one who replaces the choice is killed. */
const moments: Readonly<Record<string, (record: ReplicationRecord, third: string) => boolean>> = {
  'the other is named': ({ promotion }) => promotion?.replaces !== undefined,
  'the other is chosen': ({ promotion }, third) => promotion?.decided?.to === third,
  'the other is about to open': ({ promotion }, third) => {
    return promotion?.decided?.to === third && typeof promotion.decided.openingAt === 'string';
  },
};

describe('whoever replaces the choice of a promotion is killed, and the next carries on', () => {
  let database: ReplicatedDatabase;
  const acknowledged = new Set<number>();
  before(async () => {
    database = await replicatedDatabase({ replicas: 2, durability: 'sync' });
  });
  after(() => database.end());

  for (const [moment, isReached] of Object.entries(moments)) {
    test(`once ${moment}`, async () => {
      for (const n of await makeWhole(database)) acknowledged.add(n);
      const { to, first } = await breakChoice(database, controlFile);
      await database.close();
      await first;
      const { promotion, members } = await database.record();
      const third = members.find(({ name }) => name !== to && name !== promotion?.from)?.name;
      assert.ok(third);
      await killOnce(database.folder, third, (record) => isReached(record, third));
      // Nobody asks again: what was begun is carried on.
      await database.open();
      const status = await database.until('up', ({ state }) => state === 'up');
      assert.equal(status.members.find(({ role }) => role === 'primary')?.name, third);
      assert.deepEqual(await missingGifts(database, acknowledged), []);
      const record = await database.record();
      assert.equal(record.promotion, null);
      assert.equal(record.members.find(({ name }) => name === to)?.standing.kind, 'fenced');
      await mendMember(database, to, controlFile);
      const hand = await startByHand(database.folder, to);
      await assert.rejects(hand.ask('insert into gifts values (-1)'), { code: '25006' });
      await hand.end('SIGINT');
    });
  }
});

/** Resolves once it was killed, at or after that moment. */
async function killOnce(
  folder: string,
  member: string,
  isReached: (record: ReplicationRecord) => boolean,
): Promise<void> {
  const child = spawn(process.execPath, [replacing, join(folder, '..'), member], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      resolve(signal);
    });
  });
  const read = (): ReplicationRecord =>
    JSON.parse(readFileSync(join(folder, 'replication.json'), 'utf8')) as ReplicationRecord;
  for (let record = read(); record.promotion !== null && !isReached(record); record = read()) {
    assert.equal(child.exitCode, null, 'it ended before');
    await nextTurn();
  }
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
}
