import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createSeededRandomness,
  seedFromEnvironment,
} from '../../../src/adapters/simulated/randomness.ts';
import type { Randomness } from '../../../src/ports/randomness/port.ts';
import { header } from '../../../src/data-plane/exchange.ts';
import { count } from '../../support/prove.ts';
import { type Offer, SimulatedGateway, simulatedTiers } from './simulated-gateway.ts';
import { invariants } from './invariants.ts';
import { type Nature, wellBehaved } from './simulated-instance.ts';

const seed = seedFromEnvironment();
const rounds = count(6, 150);

function anyNature(random: Randomness, withFaults: boolean): Nature {
  const fault = (): number => (withFaults && random.fraction() < 0.25 ? random.fraction() ** 2 : 0);
  const slots = 1 + random.integer(20);
  const workMs = 2 + random.integer(200);
  const nature = { refuse: fault(), lose: fault(), hang: fault(), fail: fault() };
  return { slots, workMs: () => workMs * (0.5 + random.fraction()), ...nature };
}

function capacityOf(nature: Nature): number {
  const tries = Array.from({ length: 20 }, () => nature.workMs(''));
  return (nature.slots * 1_000 * tries.length) / tries.reduce((sum, ms) => sum + ms, 0);
}

/** Load and faults change, clocks jump, instances leave and come back. */
async function live(gateway: SimulatedGateway, offers: readonly Offer[]): Promise<void> {
  const { randomness: random, instances } = gateway;
  const capacity = instances.reduce((sum, { nature }) => sum + capacityOf(nature), 0);
  for (let act = 0; act < 6; act++) {
    for (const offer of offers) {
      offer.perSecond = random.fraction() < 0.2 ? 0 : (capacity * random.fraction() ** 2 * 3) / 2;
    }
    for (const instance of instances) {
      if (random.fraction() < 0.3) instance.nature = anyNature(random, true);
    }
    if (random.fraction() < 0.3) gateway.keep(random.integer(instances.length + 1));
    else gateway.keep(instances.length);
    if (random.fraction() < 0.3) gateway.jumpedMs += (random.fraction() - 0.5) * 7_200_000;
    await gateway.run(1_000 + random.integer(6_000));
  }
}

describe('the way of a request to a feature, under faults of every kind', () => {
  test(`every request is answered once and nothing leaks, whatever happens (seed ${seed})`, async () => {
    let sent = 0;
    for (let round = 0; round < rounds; round++) {
      const roundSeed = (seed + round) >>> 0;
      const random = createSeededRandomness(roundSeed);
      const gateway = new SimulatedGateway({
        seed: roundSeed,
        instances: Array.from({ length: 1 + random.integer(3) }, () => anyNature(random, true)),
        limitInFlight: 5 + random.integer(200),
        deadlineMs: 500 + random.integer(3_000),
        invariants,
      });
      const offers = simulatedTiers.flatMap((tier) => [
        gateway.offer(tier, 0),
        gateway.offer(tier, 0, { patienceMs: random.integer(1_000) }),
        gateway.offer(tier, 0, { path: `/kept/${random.integer(3)}`, isKept: true }),
      ]);
      await live(gateway, offers);
      for (const offer of offers) offer.perSecond = 0;
      await gateway.run(30_000);
      const why = `seed ${roundSeed} (round ${round})`;
      assert.equal(gateway.waiting, 0, `${why}: requests without an answer`);
      assert.equal(gateway.permits, 0, `${why}: permits not given back`);
      assert.equal(gateway.load.room.inFlight, 0, `${why}: counted as in flight for ever`);
      for (const answer of Object.values(gateway.refusals)) {
        assert.equal(answer.status, 503);
        assert.match(header(answer.headers, 'retry-after') ?? '', /^[1-9]\d?$/);
      }
      sent += gateway.answered;
      gateway.shedder.cancel();
    }
    process.stdout.write(`numbers: ${sent} requests in ${rounds} lives\n`);
    assert.ok(sent > rounds * 100, `only ${sent} requests`);
  });

  test(`once it is well and calm again, nobody is turned away (seed ${seed})`, async () => {
    for (let round = 0; round < Math.ceil(rounds / 2); round++) {
      const roundSeed = (seed + round) >>> 0;
      const random = createSeededRandomness(roundSeed);
      const gateway = new SimulatedGateway({
        seed: roundSeed,
        instances: [anyNature(random, true), anyNature(random, true)],
        limitInFlight: 40 + random.integer(200),
        invariants,
      });
      const offers = simulatedTiers.map((tier) => gateway.offer(tier, 0));
      await live(gateway, offers);
      gateway.keep(2);
      for (const instance of gateway.instances) instance.nature = wellBehaved(8, 20);
      for (const offer of offers) offer.perSecond = 800 / 3 / 3;
      await gateway.run(60_000);
      const tallies = await gateway.run(20_000);
      for (const tier of simulatedTiers) {
        const { sent, good, shed } = tallies[tier];
        assert.equal(shed, 0, `seed ${roundSeed}: ${shed} of ${sent} ${tier} shed when calm`);
        assert.ok(good >= sent * 0.98, `seed ${roundSeed}: ${good} of ${sent} ${tier}`);
      }
      gateway.shedder.cancel();
    }
  });
});
