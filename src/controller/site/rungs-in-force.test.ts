import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReportedRung } from '../../contract/rung-reports.ts';
import type { ProcessStatus } from '../../contract/status.ts';
import type { StateEntry } from '../../ports/state/port.ts';
import { rungsInForce, withRungs } from './rungs-in-force.ts';

const stale: ReportedRung = {
  feature: 'shop.list',
  rung: 'stale',
  need: 'db',
  cause: 'status',
  requests: 'reads',
  sinceMs: 2_000,
  served: 3,
};

async function told(reports: Readonly<Record<string, readonly ReportedRung[]>>) {
  const entries = Object.entries(reports).map(([worker, rungs]) => ({
    value: { worker, atMs: 5_000, rungs },
  }));
  const list = async (): Promise<readonly StateEntry[]> => entries as unknown as StateEntry[];
  const processes = ['worker-1', 'worker-2'].map((id) => ({ id }) as ProcessStatus);
  return rungsInForce({ list }, processes);
}

describe('rungs in force', () => {
  it('of several workers are one, since the first of them', async () => {
    const found = await told({
      'worker-1': [stale],
      'worker-2': [{ ...stale, sinceMs: 1_000, served: 4 }],
    });
    assert.deepEqual(found.get('shop.list'), [
      {
        rung: 'stale',
        need: 'db',
        cause: 'status',
        requests: 'reads',
        since: '1970-01-01T00:00:01.000Z',
        served: 7,
        workers: 2,
      },
    ]);
  });

  it('of a worker that is gone are in force no longer', async () => {
    assert.equal((await told({ 'worker-9': [stale] })).size, 0);
  });

  it('make a feature degraded, and down where all that is left is closed', async () => {
    const up = { feature: 'shop.list', tier: 'core', state: 'up', rung: null } as const;
    const found = await told({ 'worker-1': [stale, { ...stale, rung: 'static' }] });
    const degraded = withRungs(up, found.get('shop.list') ?? []);
    assert.deepEqual([degraded.state, degraded.rung], ['degraded', 'static']);
    const closed = await told({ 'worker-1': [stale, { ...stale, rung: 'closed' }] });
    assert.equal(withRungs(up, closed.get('shop.list') ?? []).state, 'down');
    assert.equal(withRungs(up, []), up);
  });
});
