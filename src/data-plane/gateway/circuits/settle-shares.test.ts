import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import type { SharesRecord } from '../../../contract/shares.ts';
import { fairShares, settleShares } from './settle-shares.ts';

const leaseMs = 5_000;

/** A worker as it lives in a simulation: what it may have, and what it has. */
interface Simulated {
  readonly worker: string;
  wants: number;
  limit: number;
  inFlight: number;
}

describe('workers that share out a limit', () => {
  it('never have more together than the limit, whoever comes, dies or is suddenly busy', () => {
    const { randomness } = testSeed('shares');
    for (let run = 0; run < 60; run++) {
      let limit = 1 + randomness.integer(60);
      let record: SharesRecord | null = null;
      let nowMs = 0;
      let made = 0;
      let workers: Simulated[] = [];
      // Those that died while requests of theirs were under way: they count until they are done.
      let dying: { readonly untilMs: number; readonly inFlight: number }[] = [];
      for (let step = 0; step < 400; step++) {
        nowMs += randomness.integer(400);
        if (workers.length < 6 && randomness.integer(15) === 0) {
          workers.push({ worker: `worker-${made++}`, wants: 0, limit: 0, inFlight: 0 });
        }
        if (workers.length > 0 && randomness.integer(40) === 0) {
          const [dead] = workers.splice(randomness.integer(workers.length), 1);
          if (dead) dying.push({ untilMs: nowMs + 2_500, inFlight: dead.inFlight });
        }
        dying = dying.filter(({ untilMs }) => untilMs > nowMs);
        // Every worker renews in time: that is what its lease is for.
        for (const one of workers) {
          if (randomness.integer(3) === 0) one.wants = randomness.integer(80);
          const after: SharesRecord = settleShares(record, { ...one, limit, nowMs, leaseMs });
          one.limit = after.shares.find(({ worker }) => worker === one.worker)?.share ?? 0;
          record = after;
        }
        for (const one of workers) {
          const room = Math.max(0, one.limit - one.inFlight);
          if (randomness.integer(2) === 0) one.inFlight += Math.min(room, randomness.integer(10));
          else one.inFlight = Math.max(0, one.inFlight - randomness.integer(10));
        }
        const together = workers.reduce((sum, one) => sum + one.limit, 0);
        assert.ok(together <= limit, `${together} of ${limit} in run ${run}, step ${step}`);
        const busy = [...workers, ...dying].reduce((sum, one) => sum + one.inFlight, 0);
        assert.ok(busy <= limit, `${busy} under way of ${limit} in run ${run}, step ${step}`);
        if (randomness.integer(100) === 0) limit += randomness.integer(10);
      }
      workers = [];
    }
  });

  it('soon have what they want where there is enough, and equal parts where there is not', () => {
    const { randomness } = testSeed('fair shares');
    for (let run = 0; run < 200; run++) {
      const limit = 1 + randomness.integer(100);
      const workers = Array.from({ length: 1 + randomness.integer(6) }, (_, n) => ({
        worker: `worker-${n}`,
        wants: randomness.integer(60),
        inFlight: 0,
      }));
      let record: SharesRecord | null = null;
      for (let round = 0; round < 3; round++) {
        for (const one of workers) {
          record = settleShares(record, { ...one, limit, nowMs: round, leaseMs });
        }
      }
      const shares = record?.shares ?? [];
      assert.equal(
        shares.reduce((sum, { share }) => sum + share, 0),
        limit,
        'nothing lies idle',
      );
      for (const { wants, share } of shares) {
        assert.ok(share >= Math.min(wants, Math.floor(limit / workers.length)));
      }
      if (workers.reduce((sum, { wants }) => sum + wants, 0) <= limit) {
        for (const { wants, share } of shares) assert.ok(share >= wants);
      }
    }
  });

  it('keep what is under way until it is done', () => {
    const busy = { worker: 'a', limit: 10, wants: 0, inFlight: 8, nowMs: 1, leaseMs };
    const before: SharesRecord = {
      shares: [
        { worker: 'a', share: 10, wants: 10, untilMs: 9_000 },
        { worker: 'b', share: 0, wants: 10, untilMs: 9_000 },
      ],
    };
    assert.equal(settleShares(before, busy).shares[0]?.share, 8);
    assert.equal(settleShares(before, { ...busy, inFlight: 0 }).shares[0]?.share, 0);
  });

  it('take over what one had that is gone, once its lease has run out', () => {
    const before: SharesRecord = { shares: [{ worker: 'a', share: 10, wants: 0, untilMs: 5_000 }] };
    const asks = { worker: 'b', limit: 10, wants: 9, inFlight: 0, leaseMs };
    const early = settleShares(before, { ...asks, nowMs: 4_999 }).shares;
    assert.equal(early.find(({ worker }) => worker === 'b')?.share, 0);
    const late = settleShares(before, { ...asks, nowMs: 5_000 }).shares;
    assert.deepEqual(late, [{ worker: 'b', share: 10, wants: 9, untilMs: 10_000 }]);
  });
});

describe('fair shares', () => {
  it('give the modest what they want and part the rest', () => {
    const shares = fairShares(10, [
      { worker: 'a', wants: 1 },
      { worker: 'b', wants: 50 },
      { worker: 'c', wants: 50 },
    ]);
    assert.deepEqual(
      new Map(shares),
      new Map([
        ['a', 1],
        ['b', 4],
        ['c', 5],
      ]),
    );
  });
});
