import type { WireMemo } from '../../exchange.ts';
import { joined } from './flat-headers.ts';
import type { HeldPart } from './held-part.ts';
import type { Freshness } from './judge-answer.ts';

/** An answer as it is kept. Only what a 304 or a purge changes is not readonly. */
export interface StoredAnswer {
  readonly status: number;
  /** Without Age and Content-Length, which are made anew at each use. */
  headers: readonly string[];
  readonly body: Buffer;
  readonly memo: WireMemo;
  /** Null for a whole one; else what of it the body is. */
  readonly part: HeldPart | null;
  /** What the request said that this is the answer to (RFC 9111 4.1). */
  readonly variant: Variant;
  freshness: Freshness;
  /** When its head came, on the clock that only grows. */
  receivedMs: number;
  /** How old it was then. */
  initialAgeMs: number;
  /** A soft purge: used only where a stale answer may be. */
  isExpired: boolean;
}

/** What an answer varies by. */
export type Variant = readonly VariedHeader[];

export interface VariedHeader {
  /** In lower case. */
  readonly name: string;
  /** As the request said it whose answer this is; undefined where it did not. */
  readonly said: string | undefined;
  /** The one form of all that means the same. */
  readonly form: string;
}

export function ageMs(stored: StoredAnswer, nowMs: number): number {
  return stored.initialAgeMs + nowMs - stored.receivedMs;
}

/** How long it may still be used; negative by how long its time is over. */
export function remainingMs(stored: StoredAnswer, nowMs: number): number {
  const leftMs = stored.freshness.lifetimeMs - ageMs(stored, nowMs);
  return stored.isExpired ? Math.min(leftMs, 0) : leftMs;
}

/** Whether it may be used as it is, without a word from the origin. */
export function isFresh(stored: StoredAnswer, nowMs: number): boolean {
  return !stored.isExpired && !stored.freshness.mustValidate && remainingMs(stored, nowMs) > 0;
}

/** What the answer to a request varies by, as that request says it. */
export function variantOf(
  requestHeaders: readonly string[],
  answerHeaders: readonly string[],
): Variant {
  const vary = joined(answerHeaders, 'vary');
  if (vary === undefined) return none;
  const names = new Set(vary.split(',').map((name) => name.trim().toLowerCase()));
  names.delete('');
  return [...names].map((name) => {
    const said = joined(requestHeaders, name);
    return { name, said, form: normalised(name, said) };
  });
}

const none: Variant = [];

export function matchesVariant(variant: Variant, requestHeaders: readonly string[]): boolean {
  return variant.every(({ name, said, form }) => {
    const says = joined(requestHeaders, name);
    // Most say it letter by letter alike.
    return says === said || normalised(name, says) === form;
  });
}

/**
 * One form for values that mean the same (RFC 9111 4.1): spaces do not count, nor does case in
 * names of codings and languages. A header that is not there differs from one that is empty.
 */
function normalised(name: string, value: string | undefined): string {
  if (value === undefined) return '\u0000';
  const members = value.split(',').map((member) => member.trim().replaceAll(/[\t ]+/g, ' '));
  const text = members.filter((member) => member !== '').join(',');
  return caseless.has(name) ? text.toLowerCase().replaceAll(' ', '') : text;
}

const caseless = new Set(['accept-encoding', 'accept-language', 'accept']);
