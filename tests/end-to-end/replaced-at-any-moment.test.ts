import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { makeWhole, missingGifts } from '../support/broken-choice.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';
import { testSeed } from '../support/seed.ts';

let database: ReplicatedDatabase | null = null;
after(() => database?.end());

/** Who comes too late finds a primary, one that has opened, or one that takes it back. */
const refusals = new Set([
  'primary-is-well',
  'promotion-under-way',
  'promotion-opened',
  'promotion-replaced',
]);

test('another is named at any moment after the choice: one writes, nothing is lost', async () => {
  const { randomness } = testSeed('replaced promotions');
  database = await replicatedDatabase({ replicas: 2, durability: 'sync' });
  const held = database;
  const acknowledged = new Set<number>();
  const outcomes: Record<string, number> = {};
  for (let round = 0; round < count(3, 40); round += 1) {
    for (const n of await makeWhole(held)) acknowledged.add(n);
    const load = giveUnderLoad(held, 2);
    const [one = '', other = ''] = held.resource
      .status()
      .members.flatMap(({ name, role }) => (role === 'replica' ? [name] : []));
    const promote = (member: string, force: boolean): Promise<string> =>
      held.resource.promote({ member, force, acceptLoss: false, who: 'test' }).then(
        () => 'promoted',
        (error: { code?: string; message: string }) => error.code ?? error.message,
      );
    const chosen = isChosen(held);
    const first = promote(one, true);
    await chosen;
    await systemClock.sleep(randomness.fraction() * 250);
    const second = await promote(other, false);
    const outcome = `${await first}, ${second}`;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    await held.until('up', ({ state, promotion }) => state === 'up' && promotion === null);
    const primary = held.resource.status().members.find(({ role }) => role === 'primary')?.name;
    if (second === 'promoted')
      assert.deepEqual([outcome, primary], [`promotion-replaced, promoted`, other]);
    else {
      assert.ok(refusals.has(second), outcome);
      assert.equal(primary, one);
    }
    await load.stop();
    for (const n of load.acknowledged) acknowledged.add(n);
    assert.deepEqual(await missingGifts(held, acknowledged), []);
    assert.equal((await writersOf(held)).length, 1);
  }
  reportNumbers('promotions replaced', outcomes);
});

/** Resolves with the next choice, which is not held up. */
function isChosen({ journal }: ReplicatedDatabase): Promise<void> {
  const append = journal.append.bind(journal);
  return new Promise((resolve) => {
    journal.append = (entry) => {
      if (entry.kind === 'resource.promotion-chosen') {
        journal.append = append;
        resolve();
      }
      return append(entry);
    };
  });
}

async function writersOf(held: ReplicatedDatabase): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, state } of held.resource.status().members) {
    if (state !== 'up') continue;
    const [row] = await held.ask<{ writes: boolean }>(
      'select not pg_is_in_recovery() as writes',
      name,
    );
    if (row?.writes === true) found.push(name);
  }
  return found;
}
