import type { Answer } from '../../../src/data-plane/exchange.ts';
import type { UpstreamRequest } from '../../../src/data-plane/gateway/upstream/upstream-exchange.ts';
import { SimulatedInstance } from './simulated-instance.ts';

/** What one service has carried out, whichever of its instances did it. */
export class Ledger {
  /** In the order in which it was done. */
  readonly done: { readonly person: string; readonly write: string }[] = [];
  /** Needs that the service has lost, and says so; null says nothing of them. */
  lost: string | null = null;
  readonly #answers = new Map<string, string>();

  /** Does it once for each key, as a service whose manifest says `once` must. */
  give(key: string, text: string): string {
    const before = this.#answers.get(key);
    if (before !== undefined) return before;
    const { email, write } = JSON.parse(text) as { email: string; write: string };
    this.done.push({ person: email, write });
    this.#answers.set(key, text);
    return text;
  }
}

/** An instance that carries out what it gets, and says to whom it is talking. */
export class LedgerInstance extends SimulatedInstance {
  readonly ledger: Ledger;

  constructor(ledger: Ledger, ...as: ConstructorParameters<typeof SimulatedInstance>) {
    super(...as);
    this.ledger = ledger;
  }

  override answerTo(request: UpstreamRequest, status: number): Answer {
    const { ledger } = this;
    const head = new Map(
      request.head.split('\r\n').map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
      }),
    );
    const path = request.head.split(' ')[1] ?? '';
    const { lost } = ledger;
    const needs = path.startsWith('/give') ? 'db.primary' : 'db';
    const report = lost === null ? 'db=ok' : `${lost}=down`;
    const hasLost = lost === 'db' || lost === needs;
    if (status !== 200 || hasLost) {
      return { ...says({ failed: true }, 'no-store'), status: 503, report };
    }
    if (path.startsWith('/give')) {
      const { body } = request;
      if (body?.kind !== 'whole') return { ...says({}, 'no-store'), status: 400 };
      const text = Buffer.from(body.bytes).toString();
      ledger.give(head.get('idempotency-key') ?? '', text);
      return { ...says({ taken: text }, 'no-store'), status: 201, report };
    }
    // Half of them say that it is for one alone, and half leave that to who knows the rules.
    const cookie = head.get('cookie');
    const who = head.get('authorization') ?? cookie ?? null;
    const control = cookie === undefined ? 'max-age=60' : 'private, max-age=60';
    return { ...says({ path, who }, control), report };
  }
}

function says(what: object, cacheControl: string): Answer {
  const headers = ['content-type', 'application/json', 'cache-control', cacheControl];
  return { status: 200, headers, body: Buffer.from(JSON.stringify(what)) };
}
