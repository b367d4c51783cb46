import { Agent, get } from 'node:http';
import { type Tier, tiers } from './tiered-site.ts';

/** What was sent of a tier and what became of it, since it was last asked. */
export interface TierCount {
  sent: number;
  /** Answered with 200 before its client had lost patience. */
  good: number;
  /** Turned away with 503 and a time to come back. */
  shed: number;
  /** Anything else: other answers, none in time, or no connection left to ask on. */
  other: number;
  /** Of the good ones, together. */
  goodMs: number;
}

export type TierCounts = Readonly<Record<Tier, TierCount>>;

export interface TieredLoad {
  take(): TierCounts;
  /** What those who were turned away were told to wait, in seconds; the last few hundred. */
  readonly retryAfterS: readonly number[];
  stop(): void;
}

const TICK_MS = 5;
const PATIENCE_MS = 2_000;
const MOST_CONNECTIONS = 1_024;
const MOST_KEPT = 512;

/**
 * Asks for each tier so many times a second, whatever becomes of it (an open load); clients go away
 * after two seconds. Bounded by its connections: what finds none is counted as other.
 */
export function startTieredLoad(
  origin: string,
  perSecond: Readonly<Partial<Record<Tier, number>>>,
): TieredLoad {
  // Each connection in turn, as many clients would: else one worker gets nearly all.
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MOST_CONNECTIONS,
    scheduling: 'fifo',
  });
  const { hostname, port } = new URL(origin);
  let counts = emptyCounts();
  let open = 0;
  let n = 0;
  const retryAfterS: number[] = [];
  const send = (tier: Tier): void => {
    counts[tier].sent++;
    if (open >= MOST_CONNECTIONS) {
      counts[tier].other++;
      return;
    }
    open++;
    const begunMs = performance.now();
    let isOver = false;
    const over = (became: 'good' | 'shed' | 'other'): void => {
      if (isOver) return;
      isOver = true;
      open--;
      clearTimeout(timer);
      counts[tier][became]++;
      if (became === 'good') counts[tier].goodMs += performance.now() - begunMs;
    };
    const request = get({ agent, hostname, port, path: `/${tier}/${n++}` }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        const after = answer.headers['retry-after'];
        const isShed = answer.statusCode === 503 && after !== undefined;
        if (isShed) retryAfterS[n % MOST_KEPT] = Number(after);
        over(answer.statusCode === 200 ? 'good' : isShed ? 'shed' : 'other');
      });
      answer.once('error', () => over('other'));
    });
    request.once('error', () => over('other'));
    const timer = setTimeout(() => {
      over('other');
      request.destroy();
    }, PATIENCE_MS);
  };
  const due = { core: 0, important: 0, sheddable: 0 };
  let lastMs = performance.now();
  const ticking = setInterval(() => {
    const nowMs = performance.now();
    // A generator that was held up does not make up for it all at once.
    const passedMs = Math.min(100, nowMs - lastMs);
    lastMs = nowMs;
    for (const tier of tiers) {
      due[tier] += ((perSecond[tier] ?? 0) * passedMs) / 1_000;
      for (; due[tier] >= 1; due[tier]--) send(tier);
    }
  }, TICK_MS);
  return {
    retryAfterS,
    take() {
      const taken = counts;
      counts = emptyCounts();
      return taken;
    },
    stop() {
      clearInterval(ticking);
      agent.destroy();
    },
  };
}

/** What one tier gets in a second when `clients` ask again as soon as they are answered. */
export async function closedGoodput(
  origin: string,
  tier: Tier,
  { clients, forMs }: { readonly clients: number; readonly forMs: number },
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const { hostname, port } = new URL(origin);
  const begunMs = performance.now();
  let good = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - begunMs < forMs) {
      const status = await new Promise<number>((resolve) => {
        get({ agent, hostname, port, path: `/${tier}/closed` }, (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode ?? 0));
        }).once('error', () => resolve(0));
      });
      if (status === 200) good++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return (good * 1_000) / (performance.now() - begunMs);
}

function emptyCounts(): Record<Tier, TierCount> {
  const empty = (): TierCount => ({ sent: 0, good: 0, shed: 0, other: 0, goodMs: 0 });
  return { core: empty(), important: empty(), sheddable: empty() };
}
