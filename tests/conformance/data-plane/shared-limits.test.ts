import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { SHARES_PREFIX, type SharesRecord } from '../../../src/contract/shares.ts';
import type { Policies } from '../../../src/derive/policies/policies.ts';
import type { State } from '../../../src/ports/state/port.ts';
import { silentPolicy } from '../../../src/data-plane/gateway/route/silent-policy.ts';
import type { Bulkhead } from '../../../src/data-plane/gateway/circuits/bulkhead.ts';
import { Bulkheads } from '../../../src/data-plane/gateway/circuits/bulkheads.ts';
import { ShareLeases } from '../../../src/data-plane/gateway/circuits/lease-shares.ts';

const silent = () => undefined;
const log = { progress: silent, info: silent, warn: silent, error: silent };

function policies(limit: number): Policies {
  return { services: [], features: [{ ...silentPolicy('shop.buy'), inFlight: limit }] };
}

/** A worker's part of a site-wide limit of `limit`. */
function begin(
  id: string,
  state: State,
  limit: number,
): { readonly bulkhead: Bulkhead; readonly leases: ShareLeases } {
  const bulkheads = new Bulkheads();
  const bulkhead = bulkheads.get('shop.buy', limit);
  bulkheads.use(policies(limit));
  const leases = new ShareLeases(bulkheads, { id, state, clock: systemClock, log });
  leases.use();
  return { bulkhead, leases };
}

/** As many as get in. */
function fill({ enter }: { enter(): boolean }): number {
  let count = 0;
  while (count < 1_000 && enter()) count++;
  return count;
}

describe('a limit of the whole site', () => {
  it('is parted among workers by what they need, given back, and never exceeded', async () => {
    const state = await openSqliteState({ folder: await temporaryFolder('shares') });
    const first = begin('worker-1', state, 10);
    await eventually('the only one has it all', () => first.bulkhead.limit === 10);
    const second = begin('worker-2', state, 10);
    await eventually('two have half each', () => {
      assert.ok(first.bulkhead.limit + second.bulkhead.limit <= 11, 'one before it is shared');
      return first.bulkhead.limit === 5 && second.bulkhead.limit === 5;
    });
    const enter = (): boolean => second.bulkhead.enter();
    await eventually('the busy one has nearly all', () => {
      fill({ enter });
      assert.ok(first.bulkhead.limit + second.bulkhead.limit <= 10);
      return second.bulkhead.inFlight >= 9;
    });
    while (second.bulkhead.inFlight > 0) second.bulkhead.leave();
    await second.leases.close();
    await eventually('what it had goes to the other', () => first.bulkhead.limit === 10);
    await first.leases.close();
    const left = (await state.get(`${SHARES_PREFIX}shop.buy`))?.value as SharesRecord;
    assert.deepEqual(left.shares, []);
    await state.close();
  });

  it('stays as it was shared while state is away; who has no share lets one through', async () => {
    const state = await openSqliteState({ folder: await temporaryFolder('shares') });
    const one = begin('worker-1', state, 10);
    await eventually('it has it all', () => one.bulkhead.limit === 10);
    await state.close();
    const late = begin('worker-2', state, 10);
    // Longer than a lease.
    await new Promise((resolve) => setTimeout(resolve, 5_500));
    assert.equal(one.bulkhead.limit, 10);
    assert.equal(late.bulkhead.limit, 1);
    await Promise.all([one.leases.close(), late.leases.close()]);
  });
});
