import { RequestProblem } from './request-problem.ts';

const DEFAULT_LIMIT_BYTES = 1_048_576;
/** `application/json`, or a type that ends in `+json` (RFC 6839). */
const JSON_TYPE = /^application\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i;

/**
 * The body as JSON. Throws RequestProblem: 415 for another content type, 413 for more than
 * `limitBytes`, 400 for what is no JSON in UTF-8. Nothing beyond the limit is kept.
 */
export async function readJson(
  request: Request,
  limitBytes: number = DEFAULT_LIMIT_BYTES,
): Promise<unknown> {
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) {
    throw new RequestProblem(415, 'Not JSON', 'Send the body as application/json.');
  }
  const text = await readText(request, limitBytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RequestProblem(400, 'Not JSON', 'The body cannot be read as JSON.');
  }
}

async function readText(request: Request, limitBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new RequestProblem(400, 'Not UTF-8', 'The body cannot be read as text in UTF-8.');
  }
}

/** The answer to a body that is longer than the service takes. */
export function tooLarge(limitBytes: number): RequestProblem {
  return new RequestProblem(413, 'Too large', `The body may have ${limitBytes} bytes at most.`);
}
