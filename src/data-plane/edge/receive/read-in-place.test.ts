import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { readInPlace } from './read-in-place.ts';

describe('what comes on an accepted socket', () => {
  let server: Server;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  /** A client, and the socket that was accepted for it; `accepted` gets it before it can read. */
  async function open(accepted: (socket: Socket) => void): Promise<[Socket, Socket]> {
    const came = new Promise<Socket>((resolve) => {
      server.once('connection', (socket) => {
        accepted(socket);
        resolve(socket);
      });
    });
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const socket = await came;
    sockets.push(client, socket);
    return [client, socket];
  }

  it('is read into the same buffer, whoever sends it', async () => {
    const read: { readonly buffer: Buffer; readonly text: string }[] = [];
    const take = (socket: Socket): void => {
      const leave = readInPlace(socket, (buffer, length) => {
        read.push({ buffer, text: buffer.toString('latin1', 0, length) });
      });
      assert.notEqual(leave, null, 'this Node can');
    };
    const [one] = await open(take);
    const [other] = await open(take);
    one.write('one');
    while (read.length < 1) await sleep(1);
    other.write('the other');
    while (read.length < 2) await sleep(1);
    assert.deepEqual(
      read.map(({ text }) => text),
      ['one', 'the other'],
    );
    assert.equal(read[0]?.buffer, read[1]?.buffer);
  });

  it('ends as any stream does', async () => {
    const [client, socket] = await open((accepted) => readInPlace(accepted, () => undefined));
    client.end('last words');
    await once(socket, 'end');
  });

  it('is a stream from when its place is left, with nothing lost while it is paused', async () => {
    let leave: (() => void) | null = null;
    const first: string[] = [];
    const [client, socket] = await open((accepted) => {
      leave = readInPlace(accepted, (buffer, length) => {
        first.push(buffer.toString('latin1', 0, length));
        accepted.pause();
        leave?.();
      });
    });
    client.write('first');
    while (first.length === 0) await sleep(1);
    const body = Buffer.alloc(1_000_000, 'the rest of it ');
    client.end(body);
    await sleep(20);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await sleep(20);
    socket.resume();
    await once(socket, 'end');
    assert.deepEqual(first, ['first']);
    assert.ok(Buffer.concat(chunks).equals(body));
  });
});
