import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteState } from './state.ts';

const HOUR_MS = 3_600_000;
const nowMs = Date.parse('2026-11-03T12:00:00Z');

/** One takes a lease, then two asks for it by a clock that differs. */
async function askByClock(differenceMs: number) {
  const folder = await temporaryFolder('leases');
  const first = await openSqliteState({ folder, clock: { nowMs: () => nowMs } });
  const second = await openSqliteState({ folder, clock: { nowMs: () => nowMs + differenceMs } });
  const held = await first.lease('leader', 'one', 60_000);
  const taken = await second.lease('leader', 'two', 60_000);
  await Promise.all([first.close(), second.close()]);
  return { held, taken };
}

test('whoever read the clock first and had to wait does not get the lease', async () => {
  const { held, taken } = await askByClock(-50);
  assert.ok(held);
  assert.equal(taken, null);
});

test('a clock that was set back by an hour frees the lease, under a new fence', async () => {
  const { held, taken } = await askByClock(-HOUR_MS);
  assert.ok(held && taken && taken.fence > held.fence);
});
