import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Trace } from '../../exchange.ts';

/** Makes traces whose ids are unlikely to repeat, cheap to make, and not secret. */
export interface TraceIds {
  /** A new one (not sampled). */
  make(): IdentifiedTrace;
}

export interface IdentifiedTrace extends Trace {
  /** The trace-id inside its `traceparent`. */
  readonly id: string;
}

// Version 00, no zero ids. A later version may go on after the flags.
const valid =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]*)?$/;

export function isTraceparent(value: string): boolean {
  return (
    value.length <= 512 && valid.test(value) && (!value.startsWith('00') || value.length === 55)
  );
}

/** One that came with the request, well formed. */
export class GivenTrace implements IdentifiedTrace {
  readonly traceparent: string;
  readonly tracestate: string | null;

  constructor(traceparent: string, tracestate: string | null) {
    this.traceparent = traceparent;
    this.tracestate = tracestate;
  }

  get id(): string {
    return this.traceparent.slice(3, 35);
  }
}

/**
 * sfc32 (Doty-Humphrey), seeded once from the randomness port: a system call per request would cost
 * more than routing.
 */
class Sfc32 {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: DataView) {
    this.#a = seed.getUint32(0);
    this.#b = seed.getUint32(4);
    this.#c = seed.getUint32(8);
    this.#counter = seed.getUint32(12);
  }

  next(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t;
  }
}

/** Ids are written this many at a time: turning one alone into text costs five times as much. */
const WRITTEN_AT_ONCE = 64;

export function createTraceIds(randomness: Randomness): TraceIds {
  const seed = randomness.bytes(16);
  const generator = new Sfc32(new DataView(seed.buffer, seed.byteOffset, 16));
  const words = new Int32Array(WRITTEN_AT_ONCE * 4);
  const bytes = Buffer.from(words.buffer);
  let text = '';
  let at = 0;
  /** 16 or 32 of them, of which each sixteenth is never 0: no id may be all zeros. */
  const digits = (count: 16 | 32): string => {
    if (at + count > text.length) {
      for (let i = 0; i < words.length; i++) words[i] = generator.next();
      for (let last = 7; last < bytes.length; last += 8) bytes[last] = (bytes[last] ?? 0) | 1;
      text = bytes.toString('hex');
      at = 0;
    }
    at += count;
    return text.slice(at - count, at);
  };
  return { make: () => new MadeTrace(digits(32), digits) };
}

/** Only what goes on to a service needs more than its id. */
class MadeTrace implements IdentifiedTrace {
  readonly id: string;
  readonly tracestate = null;
  readonly #digits: (count: 16) => string;
  #traceparent: string | null = null;

  constructor(id: string, digits: (count: 16) => string) {
    this.id = id;
    this.#digits = digits;
  }

  /** W3C: version, trace-id, parent-id, flags. */
  get traceparent(): string {
    return (this.#traceparent ??= `00-${this.id}-${this.#digits(16)}-00`);
  }
}
