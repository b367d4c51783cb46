import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What one supporter was told of one gift. */
export interface ToldGift {
  /** Stands in the gift's name: what the database is searched by. */
  readonly name: string;
  readonly email: string;
  readonly amount: number;
  /** Done at once, or kept with the place where its fate is told. */
  readonly told: { readonly kind: 'done' } | { readonly kind: 'kept'; readonly statusPath: string };
}

export interface Givers {
  /** Gifts that somebody was thanked for, in the order of each supporter. */
  readonly ledger: readonly ToldGift[];
  /** Tries that were answered by neither, with what was answered how often. */
  readonly others: ReadonlyMap<string, number>;
  kept(): number;
  stop(): Promise<void>;
}

export const DOMAIN = 'queued.example';
/** All together give less than is replayed: people do, and else their queue would never end. */
const PAUSE_MS = 350;
const AGAIN_MS = 20;
const LEAST_CENTS = 100;

/**
 * Supporters who give again and again, each one gift after the other and each gift with its key
 * until somebody says that it is taken or kept.
 */
export function startGivers(origin: string, supporters: number): Givers {
  const ledger: ToldGift[] = [];
  const others = new Map<string, number>();
  const stopping = new AbortController();

  async function giveAll(supporter: number): Promise<void> {
    const email = `${supporter}@${DOMAIN}`;
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const name = `Giver ${supporter} ${n}`;
      const amount = LEAST_CENTS + n;
      const told = await giveOne({ amount, currency: 'USD', name, email });
      if (told !== null) ledger.push({ name, email, amount, told });
    }
  }

  async function giveOne(gift: object): Promise<ToldGift['told'] | null> {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': `"${randomUUID()}"`,
    };
    // To the end, also when it is time to stop: an answer that nobody reads is in no ledger.
    for (let turn = 0; turn < 400; turn += 1) {
      const body = JSON.stringify(gift);
      const answer = await fetch(`${origin}/api/donations`, { method: 'POST', headers, body })
        .then(async (got) => {
          await got.arrayBuffer();
          return { status: got.status, location: got.headers.get('location') };
        })
        .catch(() => ({ status: 0, location: null }));
      await sleep(answer.status === 201 || answer.status === 202 ? PAUSE_MS : AGAIN_MS);
      if (answer.status === 201) return { kind: 'done' };
      if (answer.status === 202) return { kind: 'kept', statusPath: answer.location ?? '' };
      const key = String(answer.status);
      others.set(key, (others.get(key) ?? 0) + 1);
    }
    return null;
  }

  const running = Array.from({ length: supporters }, (_, n) => giveAll(n));
  return {
    ledger,
    others,
    kept: () => ledger.filter(({ told }) => told.kind === 'kept').length,
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
