import { reportNumbers } from '../tests/support/prove.ts';
import { bare, cockatiel, opossum, own } from './circuits/guards.ts';
import { costUs, inRounds, median } from './circuits/measure.ts';

/*
 * What it costs a call that goes well to be guarded by breakers, a bulkhead and a timeout: ours,
 * opossum and cockatiel under the same terms, one after the other in each round. Microseconds of
 * processor time, beyond those of the bare call, which is a promise that is there. Exits 1 where
 * ours costs more than is promised, or more than half of either peer.
 * `node --conditions=turnout-source bench/circuits.ts`
 */
const rounds = Number(process.env['ROUNDS'] ?? 9);
const CALLS = 20_000;
const MOST_US = 0.5;
const MOST_OF_PEER = 0.5;

const guards = [bare(), own(), opossum(), cockatiel()];
const taken = await inRounds(
  rounds,
  guards.map((guard) => () => costUs(guard, CALLS)),
);
for (const guard of guards) guard.close();
const [bareUs = [], ...guarded] = taken;
const beyond = guarded.map((each) => median(each.map((us, at) => us - (bareUs[at] ?? 0))));
const [ownUs = Infinity, opossumUs = 0, cockatielUs = 0] = beyond;
const ofOpossum = ownUs / opossumUs;
const ofCockatiel = ownUs / cockatielUs;
reportNumbers('microseconds of processor time for breakers, bulkhead and timeout', {
  bare: rounded(median(bareUs)),
  turnout: rounded(ownUs),
  opossum: rounded(opossumUs),
  cockatiel: rounded(cockatielUs),
  ofOpossum: rounded(ofOpossum),
  ofCockatiel: rounded(ofCockatiel),
  mostUs: MOST_US,
});
if (!(ownUs <= MOST_US && Math.max(ofOpossum, ofCockatiel) <= MOST_OF_PEER)) process.exitCode = 1;

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
