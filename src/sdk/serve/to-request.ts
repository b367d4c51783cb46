import type { IncomingMessage } from 'node:http';
import { RequestProblem } from './request-problem.ts';
import { tooLarge } from './read-json.ts';

/**
 * Node's request as the `Request` of the Fetch standard; its body may be read up to `bodyBytes`,
 * and throws RequestProblem 413 beyond. Throws RequestProblem for what no `Request` can be.
 */
export function toRequest(
  incoming: IncomingMessage,
  url: URL,
  signal: AbortSignal,
  bodyBytes: number,
): Request {
  const method = incoming.method ?? 'GET';
  if (Number(incoming.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge(bodyBytes);
  const headers = new Headers();
  const { rawHeaders } = incoming;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  }
  const hasBody =
    incoming.headers['transfer-encoding'] !== undefined ||
    Number(incoming.headers['content-length'] ?? 0) > 0;
  if (!hasBody || method === 'GET' || method === 'HEAD') {
    return newRequest(url, { method, headers, signal });
  }
  const body = toStream(bounded(incoming, bodyBytes));
  return newRequest(url, { method, headers, signal, body, duplex: 'half' });
}

/** Where the request was sent, by its own words; throws RequestProblem 400 where that is no URL. */
export function requestUrl(incoming: IncomingMessage): URL {
  const target = incoming.url ?? '/';
  const host = incoming.headers.host ?? 'localhost';
  // A target that starts with `//` is a path and not another host.
  const text = target.startsWith('/') ? `http://${host}${target}` : target;
  const url = URL.parse(text);
  if (url !== null) return url;
  throw new RequestProblem(400, 'Bad request', 'Host and path make no URL.');
}

/** Methods that a `Request` cannot have (CONNECT, TRACE) are none of a service's. */
function newRequest(url: URL, init: RequestInit & { duplex?: 'half' }): Request {
  try {
    return new Request(url, init);
  } catch (cause) {
    const problem = new RequestProblem(501, 'Not supported', 'The request cannot be taken.');
    problem.cause = cause;
    throw problem;
  }
}

type Chunk = Uint8Array<ArrayBuffer>;

/** What the iterator throws is what a reader of the stream gets. */
function toStream(chunks: AsyncGenerator<Chunk, void>): ReadableStream<Chunk> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return();
    },
  });
}

async function* bounded(incoming: IncomingMessage, bodyBytes: number): AsyncGenerator<Chunk, void> {
  let bytes = 0;
  // A reader that stops early must not destroy the connection that its answer goes out on.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const part = chunk as Chunk;
    bytes += part.length;
    if (bytes > bodyBytes) throw tooLarge(bodyBytes);
    yield part;
  }
}
