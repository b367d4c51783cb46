import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createSimulatedClock } from '../../../src/adapters/simulated/clock.ts';
import {
  createOriginResolver,
  type FixedPlace,
} from '../../../src/data-plane/gateway/resolve-origins.ts';
import type { Origin } from '../../../src/data-plane/gateway/upstream/origin.ts';

const log = { progress() {}, info() {}, warn() {}, error() {} };

/** A resolver whose names mean what is written down, and where it placed a service last. */
function begin(names: Record<string, readonly string[]>) {
  const placed = new Map<string, readonly Origin[]>();
  const clock = createSimulatedClock();
  const resolver = createOriginResolver(
    { place: (service, origins) => void placed.set(service, origins) },
    clock,
    log,
    async (name) => names[name] ?? Promise.reject(new Error(`no ${name}`)),
  );
  const addresses = () => placed.get('partner')?.map(({ address }) => address);
  const partner: FixedPlace = { urls: ['https://api.example/v2'], isPartner: true };
  return { clock, resolver, addresses, placed, partner };
}

describe('names of services that stand elsewhere', () => {
  it('are looked up again, and what they mean then holds', async () => {
    const names: Record<string, readonly string[]> = { 'api.example': ['192.0.2.1'] };
    const { clock, resolver, addresses, placed, partner } = begin(names);
    resolver.resolve(new Map([['partner', partner]]));
    await clock.advance(1);
    assert.deepEqual(addresses(), ['192.0.2.1']);
    const [origin] = placed.get('partner') ?? [];
    assert.deepEqual(
      [origin?.port, origin?.hostHeader, origin?.tls?.servername],
      [443, 'api.example', 'api.example'],
    );
    names['api.example'] = ['192.0.2.7', '192.0.2.2'];
    await clock.advance(15_000);
    assert.deepEqual(addresses(), ['192.0.2.2', '192.0.2.7']);
    resolver.close();
    assert.equal(clock.pending(), 0);
  });

  it('keep their last addresses while they cannot be looked up', async () => {
    const names: Record<string, readonly string[]> = { 'api.example': ['192.0.2.1'] };
    const { clock, resolver, addresses, partner } = begin(names);
    resolver.resolve(new Map([['partner', partner]]));
    await clock.advance(1);
    delete names['api.example'];
    await clock.advance(60_000);
    assert.deepEqual(addresses(), ['192.0.2.1']);
    resolver.close();
  });

  it('that had no address yet are looked up again within a second', async () => {
    const names: Record<string, readonly string[]> = {};
    const { clock, resolver, addresses, partner } = begin(names);
    resolver.resolve(new Map([['partner', partner]]));
    await clock.advance(1);
    assert.deepEqual(addresses(), []);
    names['api.example'] = ['192.0.2.1'];
    await clock.advance(1_000);
    assert.deepEqual(addresses(), ['192.0.2.1']);
    resolver.close();
  });
});
