import type { OutcomeHead, QueuedOutcome } from '../../../../contract/queued-write.ts';
import { SEAL_BYTES } from '../../../../contract/write-keys.ts';
import type { Answer } from '../../../exchange.ts';

/** What the queue keeps of an outcome, all in all. */
const OUTCOME_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;
const HEADERS_BYTES = 16 * 1024;

/**
 * What is told later of an answer is what is about the write: no cookie, which would belong to
 * whoever asks, and nothing of the connection or of how long it may be kept.
 */
const dropped = new Set([
  'age',
  'alt-svc',
  'cache-control',
  'cache-status',
  'connection',
  'content-length',
  'date',
  'expires',
  'keep-alive',
  'proxy-status',
  'service-health',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** An answer's body, as far as it is kept; null where it is longer or breaks off. */
export async function readAnswerBody({ body }: Answer): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array(0);
  if (body instanceof Uint8Array) return body.length > OUTCOME_BYTES ? null : body;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > OUTCOME_BYTES) return null;
      chunks.push(chunk);
    }
  } catch {
    // The service has done it: what it said of it beyond its head is lost.
    return null;
  } finally {
    body.destroy();
  }
  return Buffer.concat(chunks);
}

/** Bounded as a whole; a body that does not fit is left away. */
export function outcomeOf({ status, headers }: Answer, body: Uint8Array | null): QueuedOutcome {
  const kept: string[] = [];
  let bytes = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    bytes += name.length + value.length;
    if (!dropped.has(name) && bytes <= HEADERS_BYTES) kept.push(name, value);
  }
  const head = (isCut: boolean): OutcomeHead => ({ status, headers: kept, isCut });
  const headBytes = Buffer.byteLength(JSON.stringify(head(false))) + LENGTH_BYTES + SEAL_BYTES;
  if (body === null || headBytes + body.length > OUTCOME_BYTES) {
    return { head: head(true), body: new Uint8Array(0) };
  }
  return { head: head(false), body };
}
