import { systemClock } from '../src/adapters/system/clock.ts';
import { systemRandomness } from '../src/adapters/system/randomness.ts';
import { Permit } from '../src/data-plane/gateway/shed/permit.ts';
import { ServiceLoad } from '../src/data-plane/gateway/shed/service-load.ts';
import { Shedder } from '../src/data-plane/gateway/shed/shedder.ts';
import type { Answer } from '../src/data-plane/exchange.ts';
import { reportNumbers } from '../tests/support/prove.ts';

/**
 * `node bench/shed.ts [rounds]`: what it costs to be let in and to give that back, and to be turned
 * away. What is kept is not let in at all and costs nothing. Exits 1 above what is promised.
 */
const rounds = Number(process.argv[2] ?? 9);
const times = 200_000;
const mostNs = 300;

const load = new ServiceLoad(0);
const shedder = new Shedder({
  clock: systemClock,
  randomness: systemRandomness,
  services: () => [{ load }],
});
const feature = load.feature({ feature: 'bench.one', tier: 'important' }, 3_000);
const exchange = { id: 'bench', request: { body: null } };
const answer: Answer = { status: 200, headers: [], body: null };
const route = { load: feature, limitInFlight: 80, service: { endpoints: [{}, {}] } };

function letIn(): void {
  const permit = shedder.admit(route, exchange);
  if (!(permit instanceof Permit)) throw new Error('it was turned away');
  permit.done(answer);
}

function nsOf(what: () => unknown): number {
  const begin = process.hrtime.bigint();
  for (let n = 0; n < times; n++) what();
  return Number(process.hrtime.bigint() - begin) / times;
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}

const admitted = Array.from({ length: rounds }, () => nsOf(letIn));
while (shedder.admit(route, exchange) instanceof Permit);
const refused = Array.from({ length: rounds }, () => nsOf(() => shedder.admit(route, exchange)));
const ns = median(admitted);
reportNumbers('shedding', { letInNs: ns, turnedAwayNs: median(refused), mostNs });
shedder.cancel();
if (ns > mostNs) process.exitCode = 1;
