import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import type { ProxyUnderTest } from './naive-proxy.ts';

/**
 * The proxy that somebody writes who knows no HTTP library: it looks for an empty line and for
 * Content-Length, copies everything else, and takes the first head of an answer for the answer. For
 * the traps that Node's parser happens to catch.
 */
export async function startNaiverProxy(originPort: number): Promise<ProxyUnderTest> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    readMessage(client, (message) => {
      const origin = connect(originPort, '127.0.0.1');
      sockets.add(origin);
      origin.on('error', () => client.end());
      origin.write(message, 'latin1');
      readMessage(origin, (answer) => {
        client.end(answer, 'latin1');
        origin.destroy();
      });
      origin.on('end', () => client.end());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Calls `done` with one whole message: a head, and as many bytes as its Content-Length says. */
function readMessage(socket: Socket, done: (message: string) => void): void {
  let text = '';
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1');
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/content-length: *([0-9]+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0);
    const chunked = /chunked/i.test(text.slice(0, headEnd));
    if (chunked && !text.endsWith('0\r\n\r\n')) return;
    if (text.length < headEnd + 4 + length) return;
    socket.off('data', onData);
    done(text);
  };
  socket.on('data', onData);
}
