import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import { readStrictly, type StrictRequest } from './strict-requests.ts';

/** A request as it stood on the wire, and who the gateway says sent it. */
export interface Recorded {
  readonly request: StrictRequest;
  /** In the order of arrival; its answer says it in `x-answer`. */
  readonly number: number;
  readonly raw: string;
}

/**
 * A service that reads with the strict reader, answers each complete request with its number, and
 * keeps everything it saw, what was malformed above all.
 */
export interface RecordingOrigin extends AsyncDisposable {
  readonly port: number;
  recorded: Recorded[];
  faults: string[];
  /** Bytes of requests that never became complete, when their connection ended. */
  readonly unfinished: string[];
}

export async function startRecordingOrigin(): Promise<RecordingOrigin> {
  const sockets = new Set<Socket>();
  let number = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    let pending = '';
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      const bytes = pending + chunk.toString('latin1');
      const { requests, fault, rest } = readStrictly(bytes);
      const raw = bytes.slice(0, bytes.length - rest.length);
      for (const request of requests) {
        number += 1;
        origin.recorded.push({ request, number, raw });
        const body = request.method === 'HEAD' ? '' : 'ok';
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\n` +
            `X-Answer: ${number}\r\n\r\n${body}`,
        );
      }
      // The gateway never sends ahead: a second one was inside the first.
      if (requests.length > 1) origin.faults.push(`two requests at once: ${JSON.stringify(bytes)}`);
      if (fault !== null) {
        origin.faults.push(`${fault} in ${JSON.stringify(bytes.slice(0, 500))}`);
        socket.destroy();
      }
      pending = rest;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (pending !== '') origin.unfinished.push(pending);
      sockets.delete(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin: RecordingOrigin = {
    port: (server.address() as AddressInfo).port,
    recorded: [],
    faults: [],
    unfinished: [],
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return origin;
}

const added =
  /^(?:via|x-forwarded-(?:for|proto|host)|forwarded|x-request-id|traceparent): .*\r\n/gm;

/** What the origin saw, without the lines that a gateway adds to every request. */
export function withoutAdded(raw: string): string {
  const headEnd = raw.indexOf('\r\n\r\n') + 2;
  return raw.slice(0, headEnd).replace(added, '') + raw.slice(headEnd);
}
