import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { LinkFault, LinkRecord } from '../../../src/contract/links.ts';
import { Link } from '../../../src/links/link.ts';
import type { Clock } from '../../../src/ports/clock/port.ts';
import { eventually } from '../../support/eventually.ts';

const closing: (() => void)[] = [];

/** Closes all that was opened here. */
export function closeRigs(): void {
  for (const close of closing.splice(0)) close();
}

/** A server that does with each connection what the test says; the test gets its sockets. */
export async function startTarget(serve: (socket: Socket) => void = () => undefined) {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, sockets, server };
}

/** A port of loopback on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Rig {
  readonly link: Link;
  readonly record: LinkRecord;
  fault(fault: LinkFault | null): void;
}

/** A link to a port that listens. */
export async function openLink(
  targetPort: number,
  { connections = 100, clock = systemClock as Clock, host = '127.0.0.1' } = {},
): Promise<Rig> {
  const record: LinkRecord = {
    service: 'donations',
    need: 'db',
    server: 'primary',
    port: await unusedPort(),
    target: { host, port: targetPort },
    fault: null,
  };
  const link = newLink(record, clock, connections);
  await eventually('the link listens', () => link.status().state === 'open');
  return { link, record, fault: (fault) => link.configure({ ...record, fault }) };
}

/** A client that notes what it hears and how it ends; `stalled` ones read nothing. */
export function call(port: number, { stalled = false } = {}) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  closing.push(() => socket.destroy());
  const client = { socket, text: '', ended: false, closed: false, error: null as string | null };
  socket.on('error', (error: NodeJS.ErrnoException) => (client.error = error.code ?? ''));
  socket.on('end', () => (client.ended = true));
  socket.on('close', () => (client.closed = true));
  if (!stalled) socket.on('data', (chunk: Buffer) => (client.text += chunk.toString('latin1')));
  return client;
}

export function newLink(record: LinkRecord, clock: Clock, connections: number): Link {
  const link = new Link(record, clock, { connections, connectMs: 5_000 }, () => undefined);
  closing.push(() => link.close());
  return link;
}
