import type { WriteKeys } from './write-keys.ts';

/**
 * A request that waits to be sent, as it is kept: sealed, since it says who did what. `head` comes
 * first as JSON, behind four bytes with its length, then the body as it came.
 */
export interface QueuedWrite {
  readonly head: QueuedHead;
  readonly body: Uint8Array;
}

export interface QueuedHead {
  readonly side: 'public' | 'internal';
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly host: string;
  readonly authority: string;
  /** Flat, lower-case names; with its idempotency key, without what expires or is of the moment. */
  readonly headers: readonly string[];
  readonly requestId: string;
  readonly traceparent: string;
  readonly tracestate: string | null;
  readonly tags: readonly string[];
  readonly client: {
    readonly address: string;
    readonly scheme: 'http' | 'https';
    readonly forwardedHost: string | null;
    readonly forwardingLines: string;
  };
  /** What its order is kept by, in plain words for who looks at it. */
  readonly order: string;
}

/** What a service answered a replayed write with. */
export interface QueuedOutcome {
  readonly head: OutcomeHead;
  readonly body: Uint8Array;
}

export interface OutcomeHead {
  readonly status: number;
  readonly headers: readonly string[];
  /** The body was longer than what is kept, and is not there. */
  readonly isCut: boolean;
}

const LENGTH_BYTES = 4;

/** How long what stands before the body is at most: the head of a request is bounded by 16 KiB. */
export const QUEUED_HEAD_BYTES = 48 * 1024;

export function sealWrite(
  keys: WriteKeys,
  feature: string,
  id: string,
  { head, body }: QueuedWrite,
): Uint8Array {
  return keys.seal(framed(head, body), writeContext(feature, id));
}

/** Null where no key opens it or it is none. */
export function openWrite(
  keys: WriteKeys,
  feature: string,
  id: string,
  sealed: Uint8Array,
): QueuedWrite | null {
  return unframed<QueuedHead>(keys.open(sealed, writeContext(feature, id)));
}

export function sealOutcome(
  keys: WriteKeys,
  feature: string,
  id: string,
  { head, body }: QueuedOutcome,
): Uint8Array {
  return keys.seal(framed(head, body), outcomeContext(feature, id));
}

export function openOutcome(
  keys: WriteKeys,
  feature: string,
  id: string,
  sealed: Uint8Array,
): QueuedOutcome | null {
  return unframed<OutcomeHead>(keys.open(sealed, outcomeContext(feature, id)));
}

const writeContext = (feature: string, id: string): string => `turnout write 1 ${feature} ${id}`;
const outcomeContext = (feature: string, id: string): string =>
  `turnout outcome 1 ${feature} ${id}`;

function framed(head: QueuedHead | OutcomeHead, body: Uint8Array): readonly Uint8Array[] {
  const json = JSON.stringify(head);
  const before = Buffer.allocUnsafe(LENGTH_BYTES + Buffer.byteLength(json));
  before.writeUInt32BE(before.length - LENGTH_BYTES);
  before.write(json, LENGTH_BYTES, 'utf8');
  return [before, body];
}

/** What was sealed by us is whole: it need only be taken apart. */
function unframed<Head>(plain: Buffer | null): { head: Head; body: Uint8Array } | null {
  if (plain === null || plain.length < LENGTH_BYTES) return null;
  const end = LENGTH_BYTES + plain.readUInt32BE();
  if (end > plain.length) return null;
  const head = JSON.parse(plain.toString('utf8', LENGTH_BYTES, end)) as Head;
  return { head, body: plain.subarray(end) };
}
