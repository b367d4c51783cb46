import type { Exchange } from '../../exchange.ts';

export type BodyRead =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** The client went away before the end. */
  | { readonly kind: 'incomplete' }
  /** Too many are being read already: this one was not begun. */
  | { readonly kind: 'no-room' };

const empty = new Uint8Array(0);

/** Reads bodies whole, of all requests of one worker together no more than `limitBytes`. */
export class BodyBudget {
  readonly #limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Counts against the budget while it is read; afterwards the request is one under way. */
  async read(exchange: Exchange, limitBytes: number): Promise<BodyRead> {
    const { body, expectContinue } = exchange.request;
    if (body === null) return { kind: 'whole', bytes: empty };
    // Of one that does not say how long it is, the longest is counted.
    const countedBytes = body.lengthBytes ?? limitBytes;
    if (this.#heldBytes + countedBytes > this.#limitBytes) return { kind: 'no-room' };
    this.#heldBytes += countedBytes;
    try {
      if (expectContinue) exchange.inform(100, []);
      return await readBounded(body.stream, limitBytes);
    } finally {
      this.#heldBytes -= countedBytes;
    }
  }
}

function readBounded(
  stream: NonNullable<Exchange['request']['body']>['stream'],
  limitBytes: number,
): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let taken = 0;
    stream.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      stream.pause();
      resolve({ kind: 'too-large' });
    });
    stream.once('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    stream.once('close', () => resolve({ kind: 'incomplete' }));
    // `close` follows.
    stream.once('error', () => undefined);
  });
}
