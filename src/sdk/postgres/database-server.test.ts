import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../../../tests/support/eventually.ts';
import { DatabaseServer } from './database-server.ts';

/** A message of the protocol of PostgreSQL: its kind, its length and what it says. */
function message(kind: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, body]);
}

const ready = message('Z', Buffer.from('I'));
const welcome = Buffer.concat([message('R', Buffer.alloc(4)), ready]);
const done = Buffer.concat([message('C', Buffer.from('SET\0')), ready]);

test('a server that hangs as it takes a connection keeps no place in the pool', async (t) => {
  const sockets = new Set<Socket>();
  let hangs = true;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(welcome);
      socket.on('data', (data) => {
        if (!hangs && data.toString('latin1', 0, 1) === 'Q') socket.write(done);
      });
    });
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const limits = { timeoutMs: 300, connections: 1 };
  const asked = new DatabaseServer(`postgres://a:b@127.0.0.1:${port}/a?sslmode=disable`, limits);
  await assert.rejects(asked.session('write', 200), { name: 'TooLate' });
  hangs = false;
  const session = await eventually('it is taken once it is well', () =>
    asked.session('write', 200).catch(() => null),
  );
  session.giveBack(true);
  await asked.close();
});
