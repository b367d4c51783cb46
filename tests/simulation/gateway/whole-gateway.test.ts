import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createSeededRandomness,
  seedFromEnvironment,
} from '../../../src/adapters/simulated/randomness.ts';
import type { Randomness } from '../../../src/ports/randomness/port.ts';
import { count, isProving, reportNumbers } from '../../support/prove.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type Nature, wellBehaved } from './simulated-instance.ts';
import { WholeClients } from './whole-clients.ts';
import { WholeGateway } from './whole-gateway.ts';
import { anySwitch, features } from './whole-site.ts';
import { wrongInLedger } from './wrong-in-ledger.ts';

const seed = seedFromEnvironment();
process.stdout.write(`seed: ${seed} (whole gateway)\n`);
const lives = count(3, 150);
const ACTS = 6;
const HOUR_MS = 3_600_000;
/** Of the lives that were lived already. */
const digests: string[] = [];

interface Life {
  readonly gateway: WholeGateway;
  readonly clients: WholeClients;
  readonly digest: string;
}

function anyNature(random: Randomness): Nature {
  const fault = (): number => (random.fraction() < 0.3 ? random.fraction() ** 2 : 0);
  const workMs = 2 + random.integer(150);
  const faults = { refuse: fault(), lose: fault(), hang: fault(), fail: fault() };
  return {
    slots: 1 + random.integer(30),
    workMs: () => workMs * (0.5 + random.fraction()),
    ...faults,
  };
}

/** Something changes: load, faults, needs, switches, instances, clocks, the configuration. */
function change({ gateway, clients }: Pick<Life, 'gateway' | 'clients'>): void {
  const { randomness: random, instances, ledger } = gateway;
  const may = (chance: number): boolean => random.fraction() < chance;
  clients.perSecond = may(0.2) ? 0 : 40 * random.fraction();
  for (const instance of instances) if (may(0.4)) instance.nature = anyNature(random);
  if (may(0.4)) ledger.lost = [null, 'db', 'db.primary'][random.integer(3)] ?? null;
  if (may(0.3)) gateway.rotate(random.integer(instances.length + 1));
  else gateway.rotate(instances.length);
  if (may(0.3)) gateway.jumpedMs += Math.round((random.fraction() - 0.5) * 2 * HOUR_MS);
  if (may(0.3)) gateway.configure();
  if (may(0.3)) gateway.losesLease = true;
  for (const { feature } of features) {
    if (!may(0.15)) continue;
    gateway.set(feature, anySwitch(feature, random), may(0.5) ? 5_000 : null);
  }
}

/** Nothing is wrong any more, and a few ask for this and that. */
async function heal({ gateway, clients }: Pick<Life, 'gateway' | 'clients'>): Promise<void> {
  const { instances, ledger } = gateway;
  ledger.lost = null;
  for (const instance of instances) instance.nature = wellBehaved(20, 10);
  for (const { feature } of features) gateway.set(feature, null, null);
  gateway.rotate(instances.length);
  clients.perSecond = 2;
  // The longest pause of a queued write that failed again and again is a little over a minute.
  await gateway.clock.advance(120_000);
}

async function live(lifeSeed: number): Promise<Life> {
  const folder = await temporaryFolder('whole-gateway');
  const random = createSeededRandomness(lifeSeed ^ 0x5eed);
  const natures = Array.from({ length: 1 + random.integer(3) }, () => anyNature(random));
  const gateway = new WholeGateway(lifeSeed, natures, folder);
  const clients = new WholeClients(gateway);
  const life = { gateway, clients };
  for (let act = 0; act < ACTS; act++) {
    change(life);
    for (let left = 1 + random.integer(8); left > 0; left--) {
      await gateway.clock.advance(1_000);
      check(gateway);
    }
  }
  await heal(life);
  return { ...life, digest: gateway.digest() };
}

/** What holds at every moment. */
function check({ broken, services, instances }: WholeGateway): void {
  assert.deepEqual(broken, []);
  for (const { id, inFlight } of instances) assert.ok(inFlight >= 0, `${id}: ${inFlight}`);
  for (const { feature, bulkhead } of services.bulkheads.list()) {
    const { inFlight, limit } = bulkhead;
    assert.ok(inFlight >= 0 && inFlight <= limit, `${feature}: ${inFlight} of ${limit}`);
  }
}

/** What holds once all is well and nobody asks. */
async function checkWell({ gateway, clients }: Life): Promise<void> {
  check(gateway);
  const { services, ladders, writes, instances, parts } = gateway;
  assert.deepEqual(ladders.inForce(), [], 'a rung is in force still');
  const open = services.circuits.list().filter(({ breaker }) => breaker.state.kind !== 'closed');
  assert.deepEqual(
    open.map(({ name }) => name),
    [],
    'a breaker is open still',
  );
  const { depth, deadLetters } = await writes.stats();
  assert.deepEqual({ depth, deadLetters }, { depth: 0, deadLetters: 0 }, 'writes wait still');
  clients.perSecond = 0;
  await gateway.clock.advance(30_000);
  check(gateway);
  assert.equal(clients.waiting, 0, 'requests without an answer');
  assert.deepEqual(
    instances.map(({ inFlight }) => inFlight),
    instances.map(() => 0),
  );
  assert.equal(services.get('shop').load.room.inFlight, 0, 'permits not given back');
  for (const { bulkhead } of services.bulkheads.list()) assert.equal(bulkhead.inFlight, 0);
  assert.equal(parts.slowed.size, 0, 'clients held for ever');
  assert.equal(wrongInLedger(clients.writes, gateway.ledger.done), null);
}

describe('all of a gateway, under faults of every kind', () => {
  test(`keeps what it promises, and is itself again (seed ${seed})`, async () => {
    let answered = 0;
    let done = 0;
    const kinds = new Map<string, number>();
    for (let n = 0; n < lives; n++) {
      const lifeSeed = (seed + n) >>> 0;
      try {
        const life = await live(lifeSeed);
        digests.push(life.digest);
        await checkWell(life);
        await life.gateway.close();
        answered += life.clients.answered;
        done += life.gateway.ledger.done.length;
        for (const [kind, times] of life.clients.kinds) {
          kinds.set(kind, (kinds.get(kind) ?? 0) + times);
        }
      } catch (error) {
        throw new Error(`life ${n}, TURNOUT_SEED=${lifeSeed}: ${String(error)}`, { cause: error });
      }
    }
    reportNumbers('whole gateway', { lives, answered, done, kinds: kinds.size });
    assert.ok(answered > lives * 300, `only ${answered} requests`);
    // A few lives need not come to all of them.
    for (const rung of isProving ? ['stale', 'static', 'queue', 'closed'] : []) {
      assert.ok(
        [...kinds.keys()].some((kind) => kind.includes(` ${rung} `)),
        `never ${rung}`,
      );
    }
  });

  test(`goes the same way again by its seed, to the last byte (seed ${seed})`, async () => {
    const again = await live(seed);
    await again.gateway.close();
    assert.equal(again.digest, digests[0]);
    assert.equal(new Set(digests).size, lives);
  });
});
