import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { textOf } from './answers.ts';

const withoutBody = new Set([204, 205, 304]);

/**
 * Sends an answer with backpressure. When its body breaks off the connection is destroyed, so that
 * a part never looks whole; when the client goes, the body is cancelled. Rejects with what broke.
 */
export async function sendResponse(
  response: Response,
  outgoing: ServerResponse,
  method: string,
): Promise<void> {
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') outgoing.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  outgoing.statusCode = response.status;
  const text = textOf(response);
  if (text !== null && !withoutBody.has(response.status)) {
    outgoing.setHeader('content-length', Buffer.byteLength(text));
    outgoing.end(method === 'HEAD' ? undefined : text);
    return;
  }
  if (response.body === null || method === 'HEAD' || withoutBody.has(response.status)) {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  await stream(response.body, outgoing);
}

async function stream(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const gone = new AbortController();
  const leave = (): void => {
    gone.abort();
    reader.cancel().catch(() => undefined);
  };
  outgoing.once('close', leave);
  outgoing.flushHeaders();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || gone.signal.aborted) break;
      if (!outgoing.write(value)) await drained(outgoing, gone.signal);
    }
    outgoing.off('close', leave);
    outgoing.end();
  } catch (error) {
    outgoing.destroy();
    throw error;
  }
}

/** Resolves when there is room again, or nobody to write to any more. */
async function drained(outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  await once(outgoing, 'drain', { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error;
  });
}
