import { joined } from './flat-headers.ts';
import { readHttpDate } from './http-date.ts';

/** A date is a strong validator where nothing can have changed within it (RFC 9110 8.8.2.2). */
const STRONG_DATE_MS = 60_000;
const strongTag = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * What says that two answers are the same byte for byte (RFC 9110 8.8.1): the entity tag, or else
 * the date. Null where they have none, or only a weak one.
 */
export function strongValidator(headers: readonly string[]): string | null {
  const etag = joined(headers, 'etag');
  if (etag !== undefined) return strongTag.test(etag) ? etag : null;
  return strongDate(headers);
}

/** Ranges are only joined by a client that holds the very same content. */
export function ifRangeHolds(asked: readonly string[], headers: readonly string[]): boolean {
  const condition = joined(asked, 'if-range');
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === joined(headers, 'etag');
  return condition === strongDate(headers);
}

function strongDate(headers: readonly string[]): string | null {
  const changed = joined(headers, 'last-modified') ?? '';
  const changedMs = readHttpDate(changed);
  const dateMs = readHttpDate(joined(headers, 'date') ?? '');
  if (changedMs === null || dateMs === null) return null;
  return dateMs - changedMs >= STRONG_DATE_MS ? changed : null;
}
