import { reportNumbers } from '../tests/support/prove.ts';
import { bare, own } from './circuits/guards.ts';
import { featureWay } from './circuits/feature-way.ts';
import { costUs, inRounds, median } from './circuits/measure.ts';

/*
 * What it costs a request whose feature is well that there is a way down: the whole way through
 * `serveFeature` (switch, ladder with last good answers, leave to ask, what is counted as it goes
 * out) beyond the bare attempt, and with it breakers, bulkhead and timeout, which stand within the
 * attempt and are measured by themselves in the same rounds. Microseconds of processor time, with
 * no socket in them. Exits 1 where all of it is 2 or more.
 * `node --conditions=turnout-source bench/degradation.ts`
 */
const rounds = Number(process.env['ROUNDS'] ?? 9);
const CALLS = 20_000;
const LIMIT_US = 2;

const variants = { on: 'on', closed: 'closed' };
const targeted = {
  state: 'ENABLED',
  variants,
  defaultVariant: 'on',
  targeting: { if: [{ '==': [{ var: 'method' }, 'PUT'] }, 'closed'] },
} as const;

let isOver = false;
for (const [title, flag] of [
  ['no switch set', null],
  ['a switch with a rule', targeted],
] as const) {
  const way = featureWay(flag);
  const guards = { bare: bare(), own: own() };
  const calls = [way.whole, way.attempt, guards.bare.call, guards.own.call];
  const takes = calls.map((call) => () => costUs({ call }, CALLS));
  const [whole = [], attempt = [], bareUs = [], guarded = []] = await inRounds(rounds, takes);
  way.close();
  guards.own.close();
  const at = (values: readonly number[], round: number): number => values[round] ?? Number.NaN;
  const circuits = guarded.map((us, round) => us - at(bareUs, round));
  const rest = whole.map((us, round) => us - at(attempt, round));
  const together = median(rest.map((us, round) => us + at(circuits, round)));
  reportNumbers(`microseconds of processor time for a way down, ${title}`, {
    attempt: rounded(median(attempt)),
    whole: rounded(median(whole)),
    circuits: rounded(median(circuits)),
    rest: rounded(median(rest)),
    together: rounded(together),
    limitUs: LIMIT_US,
  });
  if (!(together < LIMIT_US)) isOver = true;
}
if (isOver) process.exitCode = 1;

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
