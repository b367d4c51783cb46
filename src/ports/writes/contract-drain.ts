import assert from 'node:assert/strict';
import type { TestWithStore } from './contract-store.ts';
import { CLAIM, MINUTE_MS, drainAll, nextLease, texts, until, write } from './contract-store.ts';

export function describeDeadLetters(check: TestWithStore): void {
  check('a dead letter frees its key and can be read', async ({ writes, other }) => {
    await writes.append(write('a', 'poison'));
    await writes.append(write('a', 'a2'));
    const drain = await writes.drain(nextLease());
    const [head] = await drain.claim(CLAIM);
    assert.ok(head !== undefined);
    assert.equal(await drain.deadLetter(head, 'refused: 422'), 'settled');
    assert.deepEqual(texts(await drain.claim(CLAIM)), ['a2']);
    const [letter] = await other.deadLetters();
    assert.ok(letter !== undefined);
    assert.deepEqual([letter.reason, letter.key, letter.attempts], ['refused: 422', 'a', 1]);
    assert.equal(new TextDecoder().decode(letter.body), 'poison');
    assert.equal((await other.find(head.id))?.kind, 'dead');
    assert.equal((await other.stats()).deadLetters, 1);
    assert.deepEqual(await other.deadLetters({ feature: 'shop.sell' }), []);
    assert.equal((await other.deadLetters({ id: head.id })).length, 1);
    assert.deepEqual(await other.deadLetters({ id: `${head.id}x` }), []);
  });

  check('expired writes become dead letters, wherever they stand', async ({ writes }) => {
    await writes.append(write('a', 'a1'));
    await writes.append(write('a', 'a2', { forMs: 1 }));
    const drain = await writes.drain(nextLease());
    await until(async () => {
      await drain.claim({ ...CLAIM, features: ['none'] });
      return (await writes.stats()).deadLetters === 1;
    });
    assert.equal((await writes.deadLetters())[0]?.reason, 'expired');
    assert.deepEqual(await drainAll(drain), ['a1']);
  });

  check('a requeued dead letter is back in its place, edited', async ({ writes, other }) => {
    const { id } = await writes.append(write('a', 'a1'));
    await writes.append(write('a', 'a2'));
    await writes.append(write('a', 'a3'));
    const drain = await writes.drain(nextLease());
    const [head] = await drain.claim(CLAIM);
    assert.ok(head !== undefined);
    await drain.deadLetter(head, 'refused');
    const [second] = await drain.claim(CLAIM);
    const body = new TextEncoder().encode('a1, mended');
    assert.equal(await other.requeue(id, { forMs: MINUTE_MS, body }), true);
    assert.deepEqual(await drain.claim(CLAIM), [], 'the second is being replayed');
    assert.ok(second !== undefined);
    await drain.acknowledge(second);
    assert.deepEqual(await drainAll(drain), ['a1, mended', 'a3']);
    assert.equal(await other.requeue(id, { forMs: MINUTE_MS }), false);
    assert.equal((await other.stats()).deadLetters, 0);
  });

  check('a discarded dead letter is gone and says so', async ({ writes, other }) => {
    const { id } = await writes.append(write('a', 'a1'));
    const drain = await writes.drain(nextLease());
    const [head] = await drain.claim(CLAIM);
    assert.ok(head !== undefined);
    await drain.deadLetter(head, 'refused');
    assert.equal(await other.discard(id), true);
    assert.deepEqual(await drain.claim(CLAIM), []);
    assert.equal((await other.find(id))?.kind, 'discarded');
    assert.equal(await other.discard(id), false);
    assert.equal(await other.discard('unknown'), false);
  });
}

export function describeDrainers(check: TestWithStore): void {
  check('a new holder goes on where the last one stood', async ({ writes, other }) => {
    for (const key of ['a', 'b', 'c', 'd']) await writes.append(write(key, key));
    const first = await writes.drain(nextLease());
    const claimed = await first.claim(CLAIM);
    const [a, b, c, d] = claimed;
    assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined);
    await first.acknowledge(a);
    await first.deadLetter(b, 'refused');
    await first.delay(c, MINUTE_MS);
    const second = await other.drain(nextLease());
    const again = await second.claim(CLAIM);
    assert.deepEqual(texts(again), ['d']);
    assert.equal(again[0]?.attempts, 2);
    assert.equal((await other.find(b.id))?.kind, 'dead');
    assert.equal((await other.stats()).depth, 2);
  });

  check('what a fenced holder says does not count', async ({ writes, other }) => {
    await writes.append(write('a', 'a1'));
    const late = await writes.drain(nextLease());
    const [claimed] = await late.claim(CLAIM);
    assert.ok(claimed !== undefined);
    const holder = await other.drain(nextLease());
    assert.equal(await late.acknowledge(claimed), 'claim-lost');
    await assert.rejects(late.claim(CLAIM), { code: 'writes-fenced' });
    await assert.rejects(writes.drain({ fence: 1, holder: 'old' }), { code: 'writes-fenced' });
    assert.deepEqual(await drainAll(holder), ['a1']);
    assert.equal((await writes.find(claimed.id))?.kind, 'done');
  });

  check('a store closed and opened again has lost nothing', async ({ writes, other }) => {
    await writes.append(write('a', 'a1'));
    await other.append(write('a', 'a2'));
    await (await other.drain(nextLease())).close();
    const drain = await other.drain(nextLease());
    assert.deepEqual(await drainAll(drain), ['a1', 'a2']);
  });
}
