import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { describeDeadLetters, describeDrainers } from './contract-drain.ts';
import type { TestWithStore, WritesStore } from './contract-store.ts';
import { CLAIM, drainAll, nextLease, texts, until, withStore, write } from './contract-store.ts';
import type { ClaimedWrite } from './port.ts';

/**
 * What every adapter of the writes port promises. `create` makes an empty store with a body limit
 * of 64 KiB.
 */
export function describeWrites(name: string, create: () => Promise<WritesStore>): void {
  const check = withStore(create);
  describe(`${name} as writes`, () => {
    describe('append and replay', () => describeReplay(check));
    describe('order', () => describeOrder(check));
    describe('dead letters', () => describeDeadLetters(check));
    describe('drainers', () => describeDrainers(check));
  });
}

function describeReplay(check: TestWithStore): void {
  check('claims what was appended, whole, and keeps the outcome', async ({ writes }) => {
    const accepted = await writes.append(write('ada', 'pledge'));
    assert.equal((await writes.find(accepted.id))?.kind, 'queued');
    const drain = await writes.drain(nextLease());
    const [claimed] = await drain.claim(CLAIM);
    assert.ok(claimed !== undefined);
    assert.deepEqual(
      [claimed.id, claimed.feature, claimed.key, claimed.attempts, claimed.expiresAtMs],
      [accepted.id, 'shop.buy', 'ada', 1, accepted.expiresAtMs],
    );
    assert.deepEqual(texts([claimed]), ['pledge']);
    assert.equal((await writes.find(accepted.id))?.kind, 'replaying');
    assert.equal(await drain.acknowledge(claimed, new TextEncoder().encode('201')), 'settled');
    const status = await writes.find(accepted.id);
    assert.ok(status?.kind === 'done');
    assert.equal(new TextDecoder().decode(status.outcome), '201');
    assert.deepEqual(await drain.claim(CLAIM), []);
  });

  check('knows a backlog at once in every process', async ({ writes, other }) => {
    await until(async () => other.quiet());
    await writes.append(write('ada', '1'));
    assert.equal(other.quiet(), false);
    assert.equal(await other.backlog('shop.buy', 'ada'), 1);
    assert.equal(await other.backlog('shop.buy', 'bob'), 0);
    assert.equal(await other.backlog('shop.sell', 'ada'), 0);
    assert.deepEqual(await drainAll(await other.drain(nextLease())), ['1']);
    assert.equal(await writes.backlog('shop.buy', 'ada'), 0);
    await until(async () => writes.quiet());
  });

  check('takes one of several writes with the same id', async ({ writes, other }) => {
    const id = 'client-key-1';
    await writes.append(write('ada', 'first', { id }));
    await other.append(write('ada', 'again', { id }));
    const drain = await writes.drain(nextLease());
    assert.deepEqual(await drainAll(drain), ['first']);
    await other.append(write('ada', 'late', { id }));
    assert.deepEqual(await drainAll(drain), []);
    assert.equal((await writes.find(id))?.kind, 'done');
  });

  check('refuses what is too large and takes the rest', async ({ writes }) => {
    const refused = { name: 'TurnoutError', code: 'write-too-large' };
    const body = new Uint8Array(64 * 1024 + 1);
    await assert.rejects(writes.append(write('ada', '', { body })), refused);
    await assert.rejects(writes.append(write('a'.repeat(1025), '')), refused);
    await assert.rejects(writes.append(write('a', '', { feature: 'f'.repeat(257) })), refused);
    await assert.rejects(writes.append(write('a', '', { id: 'a b' })), {
      code: 'write-id-invalid',
    });
    await writes.append(write('ключ\n"{}', '', { body: new Uint8Array(64 * 1024) }));
    const [claimed] = await (await writes.drain(nextLease())).claim(CLAIM);
    assert.deepEqual([claimed?.key, claimed?.body.length], ['ключ\n"{}', 64 * 1024]);
  });

  check('counts depth, age and bytes for each feature', async ({ writes }) => {
    await writes.append(write('ada', '1'));
    await writes.append(write('ada', '2'));
    await writes.append(write('bob', '3', { feature: 'shop.sell' }));
    const stats = await writes.stats();
    assert.equal(stats.depth, 3);
    assert.ok(stats.oldestAgeMs !== null && stats.oldestAgeMs >= 0);
    assert.ok(stats.bytes > 0 && stats.bytes < stats.limitBytes);
    const depths = new Map(stats.features.map(({ feature, depth }) => [feature, depth]));
    assert.deepEqual([depths.get('shop.buy'), depths.get('shop.sell')], [2, 1]);
    assert.deepEqual(stats.damage, []);
  });
}

function describeOrder(check: TestWithStore): void {
  check('keeps each key in order, across processes', async ({ writes, other }) => {
    const expected: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const through = round % 3 === 0 ? other : writes;
      await through.append(write('ada', `${round}`));
      expected.push(`${round}`);
    }
    assert.deepEqual(await drainAll(await writes.drain(nextLease())), expected);
  });

  check('claims heads alone, one of a key at a time', async ({ writes }) => {
    for (const text of ['a1', 'a2', 'a3']) await writes.append(write('a', text));
    await writes.append(write('b', 'b1'));
    const drain = await writes.drain(nextLease());
    const claimed = await drain.claim(CLAIM);
    assert.deepEqual(texts(claimed), ['a1', 'b1']);
    assert.deepEqual(await drain.claim(CLAIM), []);
    assert.ok(claimed[0] !== undefined);
    await drain.acknowledge(claimed[0]);
    assert.deepEqual(texts(await drain.claim(CLAIM)), ['a2']);
  });

  check('claims only the features asked for', async ({ writes }) => {
    await writes.append(write('a', 'buy'));
    await writes.append(write('a', 'sell', { feature: 'shop.sell' }));
    const drain = await writes.drain(nextLease());
    assert.deepEqual(texts(await drain.claim({ ...CLAIM, features: ['shop.sell'] })), ['sell']);
    assert.deepEqual(texts(await drain.claim({ ...CLAIM, features: ['none'] })), []);
    assert.deepEqual(texts(await drain.claim(CLAIM)), ['buy']);
  });

  check('a delayed head holds its key back and no other', async ({ writes }) => {
    await writes.append(write('a', 'a1'));
    await writes.append(write('a', 'a2'));
    await writes.append(write('b', 'b1'));
    const drain = await writes.drain(nextLease());
    const [head] = await drain.claim({ ...CLAIM, limit: 1 });
    assert.ok(head !== undefined);
    assert.equal(await drain.delay(head, 60), 'settled');
    assert.deepEqual(texts(await drain.claim(CLAIM)), ['b1']);
    let again: readonly ClaimedWrite[] = [];
    await until(async () => (again = await drain.claim(CLAIM)).length > 0);
    assert.deepEqual([texts(again), again[0]?.attempts], [['a1'], 2]);
  });

  check('a claim that runs out is claimed again', async ({ writes }) => {
    await writes.append(write('a', 'a1'));
    const drain = await writes.drain(nextLease());
    const [lost] = await drain.claim({ limit: 1, forMs: 1 });
    let again: readonly ClaimedWrite[] = [];
    await until(async () => (again = await drain.claim(CLAIM)).length > 0);
    assert.equal(again[0]?.attempts, 2);
    assert.ok(lost !== undefined && again[0] !== undefined);
    assert.equal(await drain.acknowledge(lost), 'claim-lost');
    assert.equal(await drain.acknowledge(again[0]), 'settled');
  });
}
