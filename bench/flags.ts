import { percentilesOf } from '../tests/support/percentiles.ts';
import { reportNumbers } from '../tests/support/prove.ts';
import type { FlagDefinition } from '../src/contract/flags.ts';
import type { Exchange } from '../src/data-plane/exchange.ts';
import { evaluateSwitches } from '../src/data-plane/gateway/switches/evaluate-switches.ts';
import {
  type FeatureSwitch,
  switchFor,
} from '../src/data-plane/gateway/switches/feature-switch.ts';

/*
 * What the switch of a feature costs a request: none, one that is set for everybody, and rules of
 * targeting by who asks; in microseconds of processor time. Exits 1 where one costs 0.3 or more.
 * `node --conditions=turnout-source bench/flags.ts`
 */
const requests = 200_000;
const rounds = Number(process.env['ROUNDS'] ?? 11);
const LIMIT_US = 0.3;

const exchanges = Array.from({ length: 256 }, (_, i) => ({
  request: {
    client: { address: `203.0.113.${i}` },
    method: 'GET',
    host: 'fair.example',
    path: `/api/lists/${i}`,
    tags: [],
  },
})) as unknown as readonly Exchange[];

const variants = { on: 'on', closed: 'closed' };
const on: FlagDefinition = { state: 'ENABLED', variants, defaultVariant: 'on' };
const definitions: Readonly<Record<string, FlagDefinition>> = {
  'on, for everybody': on,
  'closed, for everybody': { ...on, defaultVariant: 'closed' },
  'a rule by method': {
    ...on,
    targeting: { if: [{ '==': [{ var: 'method' }, 'PUT'] }, 'closed'] },
  },
  'a fraction of clients': {
    ...on,
    targeting: { fractional: [['on', 90] as const, ['closed', 10] as const] },
  },
};

let isOver = false;
for (const [title, definition] of Object.entries(definitions)) {
  const states = evaluateSwitches({ flags: { it: definition }, $evaluators: {} }, ['it']);
  const held: FeatureSwitch = { inForce: states.get('it') ?? null, untilMs: null };
  const tookUs = Array.from({ length: rounds }, () => round(held));
  const spread = percentilesOf(tookUs);
  reportNumbers(`microseconds of processor time, ${title}`, spread);
  if ((spread['p50'] ?? Infinity) >= LIMIT_US) isOver = true;
}
if (isOver) process.exitCode = 1;

function round(held: FeatureSwitch): number {
  let closed = 0;
  const before = process.cpuUsage();
  for (let i = 0; i < requests; i++) {
    const exchange = exchanges[i & 255] as Exchange;
    if (held.inForce !== null && switchFor(held, exchange) !== null) closed++;
  }
  const { user, system } = process.cpuUsage(before);
  if (closed < 0) throw new Error('never');
  return (user + system) / requests;
}
