import type { Randomness } from '../../../ports/randomness/port.ts';

/** Ids for requests and traces: unlikely to repeat, cheap to make, and not secret. */
export interface TraceIds {
  /** A new W3C `traceparent` (trace-id, parent-id, not sampled). */
  traceparent(): string;
}

// Version 00, no zero ids. A later version may go on after the flags.
const valid =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]*)?$/;

export function isTraceparent(value: string): boolean {
  return (
    value.length <= 512 && valid.test(value) && (!value.startsWith('00') || value.length === 55)
  );
}

/** The trace-id inside a traceparent. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/**
 * sfc32 (Doty-Humphrey), seeded once from the randomness port: a system call per request would cost
 * more than routing.
 */
export function createTraceIds(randomness: Randomness): TraceIds {
  const seed = randomness.bytes(16);
  const view = new DataView(seed.buffer, seed.byteOffset, 16);
  let a = view.getUint32(0);
  let b = view.getUint32(4);
  let c = view.getUint32(8);
  let counter = view.getUint32(12);
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t;
  };
  const bytes = Buffer.alloc(24);
  return {
    traceparent() {
      for (let at = 0; at < 24; at += 4) bytes.writeInt32LE(next(), at);
      // Neither id may be all zeros.
      bytes[15] = (bytes[15] ?? 0) | 1;
      bytes[23] = (bytes[23] ?? 0) | 1;
      const text = bytes.toString('hex');
      return `00-${text.slice(0, 32)}-${text.slice(32)}-00`;
    },
  };
}
