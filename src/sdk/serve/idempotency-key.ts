import { RequestProblem } from './request-problem.ts';

/** A quoted string of RFC 9651, of printable ASCII; `\"` and `\\` are its only escapes. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,200})"$/;
/** What clients send that leave the quotes away; nothing that could be another member's start. */
const BARE = /^[A-Za-z0-9_:.+/=-]{1,200}$/;

/**
 * The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header), without its
 * quotes; null where there is none. Throws RequestProblem 400 for one that cannot be read.
 */
export function idempotencyKey(request: Request): string | null {
  const header = request.headers.get('idempotency-key')?.trim();
  if (header === undefined) return null;
  const quoted = QUOTED.exec(header)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(/\\(["\\])/g, '$1');
  if (BARE.test(header)) return header;
  throw new RequestProblem(
    400,
    'Idempotency-Key cannot be read',
    'Send it as a quoted string of 1 to 200 printable characters, such as "8e03978e-40d5".',
  );
}
