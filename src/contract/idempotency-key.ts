/** A quoted string of RFC 9651, of printable ASCII; `\"` and `\\` are its only escapes. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,200})"$/;
/** What clients send that leave the quotes away; nothing that could be another member's start. */
const BARE = /^[A-Za-z0-9_:.+/=-]{1,200}$/;

export const IDEMPOTENCY_KEY = 'idempotency-key';

/**
 * The value of an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), without its
 * quotes; null for one that cannot be read.
 */
export function parseIdempotencyKey(field: string): string | null {
  const text = field.trim();
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(/\\(["\\])/g, '$1');
  return BARE.test(text) ? text : null;
}
