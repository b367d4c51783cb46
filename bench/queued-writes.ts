import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLogWrites } from '../src/adapters/log/writes.ts';
import { systemRandomness } from '../src/adapters/system/randomness.ts';
import type { QueuedHead } from '../src/contract/queued-write.ts';
import { WriteKeys } from '../src/contract/write-keys.ts';
import { silentPolicy } from '../src/data-plane/gateway/route/silent-policy.ts';
import type { CompiledRoute } from '../src/data-plane/gateway/route/compile-routes.ts';
import { compileQueue } from '../src/data-plane/gateway/writes/compile-queue.ts';
import { QueuedWrites } from '../src/data-plane/gateway/writes/queued-writes.ts';
import { ReplayExchange } from '../src/data-plane/gateway/writes/replay/replay-exchange.ts';
import { Readable } from 'node:stream';
import type { FeaturePolicy } from '../src/derive/policies/policies.ts';
import { reportNumbers } from '../tests/support/prove.ts';
import {
  BODY_BYTES,
  type Contestant,
  measure,
  median,
  startLog,
  startPeer,
} from './write-log/contest.ts';

/*
 * Durable queued writes beside a bare append and fdatasync of the same 1 KiB, each with one sync
 * for all that wait: the log that queued writes are kept in, which fails below half of it, and the
 * whole way of a write through the gateway (body read, keys and order found, what already waits
 * asked about, sealed, logged, answered), which is bound by the processor and reported only. Times
 * depend on the disk: trust the ratios.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const WAITERS = [64, 256, 512];
const LEAST = 0.5;

const feature = 'donations.donate';
const policy: FeaturePolicy = {
  ...silentPolicy(feature),
  once: true,
  ladder: [
    { need: null, rungs: [{ kind: 'queue', forMs: 60_000, by: 'body.email', methods: ['POST'] }] },
  ],
};

async function startQueue(folder: string): Promise<Contestant> {
  const writes = await openLogWrites({ path: join(folder, 'writes'), limitBytes: 1e12 });
  const key = (): string => randomBytes(32).toString('base64');
  const keys = WriteKeys.read({ order: key(), keys: [{ id: '00000000', key: key() }] });
  if (keys === null) throw new Error('these are no keys');
  const log = { info() {}, warn() {}, error() {}, progress() {} };
  const queued = new QueuedWrites({ writes, keys: () => keys }, systemRandomness, log);
  const queue = compileQueue(policy, '/gifts');
  const route = {
    feature,
    policy,
    queue,
    side: 'public',
    bodyBytes: 64 * 1024,
  } as unknown as CompiledRoute;
  const failure = { cause: 'status', need: null, reached: true } as const;
  let number = 0;
  return {
    name: 'queued',
    async append() {
      number += 1;
      const exchange = requestOf(number);
      const begun = await queued.prepare(exchange, route);
      if (begun?.kind !== 'prepared') throw new Error(`it is ${begun?.kind}`);
      const { rung } = begun.write.queue;
      const answer = await queued.keep(exchange, route, rung, begun.write, failure);
      if (answer?.status !== 202) throw new Error(`answered ${answer?.status}`);
    },
    close: () => writes.close(),
  };
}

/** A request of its own order, whose body of 1 KiB is yet to be read. */
function requestOf(number: number): ReplayExchange {
  const email = `${number}@bench.example`;
  const text = JSON.stringify({ email, text: 'x'.repeat(BODY_BYTES - 30 - email.length) });
  const body = Buffer.from(text.padEnd(BODY_BYTES));
  const exchange = new ReplayExchange({ head, body }, 0);
  const stream = Readable.from([body]);
  const read = { lengthBytes: body.length, stream, trailers: () => [] };
  return Object.assign(exchange, { request: { ...exchange.request, body: read } });
}

const head: QueuedHead = {
  side: 'public',
  method: 'POST',
  path: '/gifts',
  query: null,
  host: 'bench.example',
  authority: 'bench.example',
  headers: ['content-type', 'application/json', 'accept', 'application/json'],
  requestId: 'bench',
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  tracestate: null,
  tags: [],
  client: { address: '192.0.2.1', scheme: 'http', forwardedHost: null, forwardingLines: '' },
  order: '',
};

const folder = await mkdtemp(join(tmpdir(), 'turnout-bench-'));
const contestants = [
  await startQueue(folder),
  await startLog(join(folder, 'log')),
  startPeer('bare', folder),
];
let best = 0;
try {
  for (const waiters of WAITERS) {
    const rounds: (readonly number[])[] = [];
    // In turns, so that a slow moment of the machine meets all.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const rates = await inTurn(waiters);
      if (round > 0) rounds.push(rates);
    }
    const [queued = [], log = [], bare = []] = [0, 1, 2].map((n) => rounds.map((r) => r[n] ?? 0));
    const ofBare = (rates: readonly number[]): number =>
      Number(median(rates.map((rate, n) => rate / (bare[n] ?? Number.NaN))).toFixed(2));
    best = Math.max(best, ofBare(log));
    reportNumbers('queued writes beside a bare append and fdatasync', {
      waiters,
      logPerSecond: Math.round(median(log)),
      logOfBare: ofBare(log),
      gatewayPerSecond: Math.round(median(queued)),
      gatewayOfBare: ofBare(queued),
    });
  }
} finally {
  for (const contestant of contestants) await contestant.close();
  await rm(folder, { recursive: true });
}
if (best < LEAST) {
  console.error(
    `the log of queued writes is below ${LEAST} of a bare append and fdatasync: ${best}`,
  );
  process.exitCode = 1;
}

async function inTurn(waiters: number): Promise<readonly number[]> {
  const rates: number[] = [];
  for (const contestant of contestants) {
    rates.push((await measure(contestant, waiters)).perSecond);
  }
  return rates;
}
