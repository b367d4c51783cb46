import { IDEMPOTENCY_KEY, parseIdempotencyKey } from '../../contract/idempotency-key.ts';
import { RequestProblem } from './request-problem.ts';

/**
 * The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header), without its
 * quotes; null where there is none. Throws RequestProblem 400 for one that cannot be read.
 */
export function idempotencyKey(request: Request): string | null {
  const header = request.headers.get(IDEMPOTENCY_KEY);
  if (header === null) return null;
  const key = parseIdempotencyKey(header);
  if (key !== null) return key;
  throw new RequestProblem(
    400,
    'Idempotency-Key cannot be read',
    'Send it as a quoted string of 1 to 200 printable characters, such as "8e03978e-40d5".',
  );
}
