import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandomness } from '../../../src/adapters/simulated/randomness.ts';
import { count } from '../../support/prove.ts';
import { testSeed } from '../../support/seed.ts';
import { invariants } from './invariants.ts';
import { SimulatedGateway, simulatedTiers } from './simulated-gateway.ts';
import { type Nature, wellBehaved } from './simulated-instance.ts';

const { seed } = testSeed('overload');
const services = count(3, 40);

interface SimulatedService {
  readonly gateway: SimulatedGateway;
  readonly nature: Nature;
  /** Requests that it can answer in a second. */
  readonly capacity: number;
}

/** From two slow hands to nine quick ones; what a request takes varies by half. */
function anyService(n: number): SimulatedService {
  const random = createSeededRandomness((seed + n) >>> 0);
  const slots = 2 + random.integer(8);
  const workMs = 15 + random.integer(50);
  const capacity = (slots * 1_000) / workMs;
  const nature = {
    ...wellBehaved(slots, workMs),
    workMs: () => workMs * (0.5 + random.fraction()),
  };
  const gateway = new SimulatedGateway({
    seed: (seed + n) >>> 0,
    instances: [nature],
    limitInFlight: 80 + random.integer(500),
    invariants,
  });
  return { gateway, nature, capacity };
}

async function eachService(
  claim: (service: SimulatedService, why: string) => Promise<void>,
): Promise<void> {
  for (let n = 0; n < services; n++) {
    const service = anyService(n);
    const { slots } = service.nature;
    await claim(service, `service ${n}: ${slots} slots, ${service.capacity.toFixed(0)}/s`);
    service.gateway.shedder.cancel();
  }
}

describe('a service of unknown capacity', () => {
  test('gives all of it to core at five times as much, and nothing to sheddable', async () => {
    await eachService(async ({ gateway, capacity }, why) => {
      for (const tier of simulatedTiers) gateway.offer(tier, (capacity * 5) / 3);
      await gateway.run(15_000);
      const { core, important, sheddable } = await gateway.run(20_000);
      assert.ok(core.good >= 0.93 * capacity * 20, `${why}: core got ${core.good / 20}/s`);
      assert.ok(important.good <= 0.05 * capacity * 20, `${why}: important ${important.good}`);
      assert.ok(sheddable.good <= 0.01 * capacity * 20, `${why}: sheddable ${sheddable.good}`);
      assert.equal(core.late, 0, why);
      assert.ok(
        core.goodMs / core.good < 1_000,
        `${why}: core waits ${core.goodMs / core.good} ms`,
      );
    });
  });

  test('turns nobody away while it can answer all', async () => {
    await eachService(async ({ gateway, capacity }, why) => {
      for (const tier of simulatedTiers) gateway.offer(tier, (capacity * 0.7) / 3);
      const tallies = await gateway.run(40_000);
      for (const tier of simulatedTiers) {
        const { shed, sent } = tallies[tier];
        assert.ok(shed <= sent * 0.005, `${why}: ${shed} of ${sent} ${tier} shed`);
      }
    });
  });

  test('is not left idle where all that is asked for is sheddable', async () => {
    await eachService(async ({ gateway, capacity }, why) => {
      gateway.offer('sheddable', capacity * 3);
      await gateway.run(15_000);
      const { sheddable } = await gateway.run(20_000);
      assert.ok(sheddable.good >= 0.93 * capacity * 20, `${why}: ${sheddable.good / 20}/s`);
    });
  });

  test('keeps room for as much core as there is, whatever else is asked for', async () => {
    await eachService(async ({ gateway, capacity }, why) => {
      gateway.offer('core', capacity * 0.4);
      gateway.offer('important', capacity * 2);
      gateway.offer('sheddable', capacity * 2);
      await gateway.run(15_000);
      const { core, important, sheddable } = await gateway.run(20_000);
      assert.ok(core.shed <= core.sent * 0.12, `${why}: ${core.shed} of ${core.sent} core shed`);
      assert.ok(sheddable.good < important.good * 0.2, `${why}: ${sheddable.good} sheddable`);
      const all = core.good + important.good + sheddable.good;
      assert.ok(all >= 0.9 * capacity * 20, `${why}: ${all / 20}/s in all`);
    });
  });
});

describe('two workers before one service', () => {
  test('share it alike by what they hear of each other, so that both give it to core', async () => {
    const slots = 8;
    const workMs = 20;
    const instances = [wellBehaved(slots, workMs)];
    const one = new SimulatedGateway({ seed, instances, invariants });
    const other = new SimulatedGateway({ seed: seed + 1, instances, beside: one, invariants });
    const capacity = (slots * 1_000) / workMs;
    const workers = [one, other];
    // One of them has learnt under load what it takes, and tolerates more.
    one.offer('core', capacity * 0.9);
    await one.run(5_000);
    for (const tier of simulatedTiers) {
      for (const worker of workers) worker.offer(tier, (capacity * 5) / 3 / 2);
    }
    const timer = one.clock.every(2_000, () => {
      const [ofOne, ofOther] = workers.map(({ load }) => load.stats('simulated'));
      if (ofOne === undefined || ofOther === undefined) return;
      one.load.agree([ofOther]);
      other.load.agree([ofOne]);
    });
    await one.run(15_000);
    other.tallies.core.good = 0;
    other.tallies.sheddable.good = 0;
    const { core, sheddable } = await one.run(20_000);
    timer.cancel();
    const { core: others, sheddable: spare } = other.tallies;
    const all = core.good + others.good;
    assert.ok(all >= 0.9 * capacity * 20, `${core.good} and ${others.good} of ${capacity * 20}`);
    assert.ok(sheddable.good + spare.good <= 0.02 * capacity * 20, `${spare.good} sheddable`);
    for (const worker of workers) worker.shedder.cancel();
  });
});

describe('a service whose capacity changes', () => {
  test('is followed down to a quarter and up again', async () => {
    await eachService(async ({ gateway, nature, capacity }, why) => {
      const slots = nature.slots * 4;
      nature.slots = slots;
      for (const tier of simulatedTiers) gateway.offer(tier, capacity * 4 * 1.4);
      for (const part of [1, 1 / 4, 1]) {
        nature.slots = slots * part;
        await gateway.run(15_000);
        const { core, sheddable } = await gateway.run(20_000);
        const now = capacity * 4 * part * 20;
        assert.ok(core.good >= 0.9 * now, `${why}: ${core.good} of ${now} at ${part}`);
        assert.ok(sheddable.good <= 0.02 * now, `${why}: ${sheddable.good} at ${part}`);
      }
    });
  });

  test('is let be slow where letting in less does not make it quicker', async () => {
    const gateway = new SimulatedGateway({
      seed,
      instances: [wellBehaved(1_000, 20)],
      invariants,
    });
    const [instance] = gateway.instances;
    for (const tier of simulatedTiers) gateway.offer(tier, 100);
    await gateway.run(10_000);
    if (instance !== undefined) instance.nature = wellBehaved(1_000, 600);
    const { core } = await gateway.run(60_000);
    const tallies = await gateway.run(20_000);
    assert.ok(core.good >= core.sent * 0.8, `${core.good} of ${core.sent} core meanwhile`);
    for (const tier of simulatedTiers) {
      const { shed, sent } = tallies[tier];
      assert.ok(shed <= sent * 0.02, `${shed} of ${sent} ${tier} shed`);
    }
    gateway.shedder.cancel();
  });

  test('is left by clients that give up, and answers those that do not', async () => {
    const gateway = new SimulatedGateway({ seed, instances: [wellBehaved(8, 20)], invariants });
    for (const tier of simulatedTiers) gateway.offer(tier, 2_000 / 3, { patienceMs: 100 });
    await gateway.run(20_000);
    const { core } = await gateway.run(20_000);
    // 400 a second is all that it can do, and most of what it does is for somebody.
    assert.ok(core.good >= 0.6 * 400 * 20, `${core.good / 20}/s`);
    gateway.shedder.cancel();
  });
});
