import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Randomness } from '../../../src/ports/randomness/port.ts';
import type { TestServer } from '../../support/postgres-pair.ts';
import type { MortalWorker } from './mortal-worker.ts';

const CLIENTS = 4;
const PAUSE_MS = 150;
const AGAIN_MS = 20;
const DOMAIN = 'ledger.example';

/** Supporters who each give one gift after the other, and their books. */
export class Givers {
  /** What was thanked for, by the name that stands in the gift. */
  readonly told = new Map<string, 'done' | 'kept'>();
  /** Called with whoever has just said that a gift is kept. */
  onKept: (worker: MortalWorker) => void = () => undefined;
  readonly #workers: readonly MortalWorker[];
  readonly #randomness: Randomness;
  #isOver = false;
  #isAbandoned = false;
  readonly #running: readonly Promise<void>[];

  constructor(workers: readonly MortalWorker[], randomness: Randomness) {
    this.#workers = workers;
    this.#randomness = randomness;
    this.#running = Array.from({ length: CLIENTS }, (_, client) => this.#giveAll(client));
  }

  /** Each gift that is under way is given to its end. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  /** After a test that failed: nobody is left who could take them. */
  abandon(): void {
    this.#isOver = true;
    this.#isAbandoned = true;
  }

  async #giveAll(client: number): Promise<void> {
    for (let n = 0; !this.#isOver; n += 1) {
      const name = `Giver ${client} ${n}`;
      // A new order now and then, for a write of one that waits is not tried first.
      const email = `${client}.${n >> 2}@${DOMAIN}`;
      const body = JSON.stringify({ amount: 100 + n, currency: 'USD', name, email });
      const how = await this.#give(body);
      if (how !== null) this.told.set(name, how);
      await sleep(PAUSE_MS);
    }
  }

  /** With the same key until somebody says that it is taken or kept. */
  async #give(body: string): Promise<'done' | 'kept' | null> {
    const key = `"${randomUUID()}"`;
    while (!this.#isAbandoned) {
      const worker = this.#workers[this.#randomness.integer(this.#workers.length)] as MortalWorker;
      const status = worker.port === 0 ? 0 : await post(worker.port, key, body);
      if (status === 202) this.onKept(worker);
      if (status === 201 || status === 202) return status === 201 ? 'done' : 'kept';
      await sleep(AGAIN_MS);
    }
    return null;
  }
}

async function post(port: number, key: string, body: string): Promise<number> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/api/donations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

/** How the books of the givers differ from the database: not at all, that is. */
export interface Differences {
  readonly lost: readonly string[];
  readonly double: readonly string[];
  /** Givers whose gifts are not in the order in which they gave. */
  readonly disordered: readonly string[];
}

export async function differencesOf(
  told: ReadonlyMap<string, unknown>,
  database: TestServer,
): Promise<Differences> {
  const rows = await database.ask<{ name: string; email: string; amount: number }>(
    `select name, email, amount_cents as amount from donations where email like $1
     order by created_at, id`,
    [`%@${DOMAIN}`],
  );
  const times = new Map<string, number>();
  const latest = new Map<string, number>();
  const disordered = new Set<string>();
  for (const { name, email, amount } of rows) {
    times.set(name, (times.get(name) ?? 0) + 1);
    if (amount < (latest.get(email) ?? 0)) disordered.add(email);
    latest.set(email, amount);
  }
  return {
    lost: [...told.keys()].filter((name) => !times.has(name)),
    double: [...times].filter(([, n]) => n > 1).map(([name]) => name),
    disordered: [...disordered],
  };
}
