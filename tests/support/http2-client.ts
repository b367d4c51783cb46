import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  /** Statuses and fields of 1xx, in order. */
  readonly informed: readonly IncomingHttpHeaders[];
}

/** A connection that speaks HTTP/2 with the worker; rejects where it is not agreed on. */
export function openHttp2(
  port: number,
  ca: string,
  name = 'site.example',
): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://${name}:${port}`, { ca, servername: name, host: '127.0.0.1' });
    session.once('connect', () => {
      session.off('error', reject).on('error', () => undefined);
      resolve(session);
    });
    session.once('error', reject);
  });
}

/** One request; rejects when its stream is reset. Trailers are sent where given. */
export function askHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | Buffer | null = null,
  trailers: OutgoingHttpHeaders | null = null,
): Promise<Http2Answer> {
  const stream = session.request(
    { ':authority': 'site.example', ...headers },
    { endStream: body === null, waitForTrailers: trailers !== null },
  );
  if (trailers !== null) stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  if (body !== null) stream.end(body);
  return answerOn(stream);
}

export function answerOn(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    let head: IncomingHttpHeaders = {};
    let ending: IncomingHttpHeaders = {};
    let body = '';
    const informed: IncomingHttpHeaders[] = [];
    stream.on('headers', (more) => informed.push(more));
    stream.on('response', (said) => (head = said));
    stream.on('trailers', (said) => (ending = said));
    stream.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
    let error: Error | null = null;
    stream.on('error', (why) => (error = why));
    stream.on('close', () => {
      const status = Number(head[':status'] ?? 0);
      if (error === null && stream.rstCode !== 0) error = new Error(`reset: ${stream.rstCode}`);
      if (error === null) resolve({ status, headers: head, body, trailers: ending, informed });
      else reject(error);
    });
  });
}
