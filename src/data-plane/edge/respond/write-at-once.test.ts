import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gather, written } from './write-at-once.ts';

function writeAtOnce(socket: Socket, ...pieces: Tail<Parameters<typeof gather>>): void {
  const target = { socket, accepted: socket };
  socket.write(gather(target, ...pieces));
  written(target);
}

type Tail<List> = List extends [unknown, ...infer Rest] ? Rest : never;

/** Both ends of a connection, the client's of which reads nothing yet. */
async function connection(): Promise<{ readonly socket: Socket; readonly client: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  return { socket, client };
}

test('answers that a client takes late are whole, whoever is answered meanwhile', async () => {
  const slow = await connection();
  const quick = await connection();
  const sent: Buffer[] = [];
  const sentQuick: Buffer[] = [];
  const answer = ({ socket }: { readonly socket: Socket }, into: Buffer[], n: number): void => {
    const body = Buffer.alloc(1 + ((n * 4_099) % (16 * 1024)), `${n} `);
    const front = n % 2 === 0 ? `head ${n}\r\n` : Buffer.from(`head ${n}\r\n`);
    writeAtOnce(socket, front, `id: ${n}\r\n\r\n`, body);
    into.push(Buffer.from(`head ${n}\r\nid: ${n}\r\n\r\n`), body);
  };
  let isFull = false;
  for (let n = 0; n < 5_000 && !isFull; n++) {
    answer(slow, sent, n);
    isFull = slow.socket.writableLength > 0;
    answer(quick, sentQuick, n);
  }
  assert.ok(isFull, 'the client that reads nothing is never in the way');
  // Behind what waits, and in other connections, while it waits.
  for (let n = 0; n < 50; n++) {
    answer(slow, sent, n);
    answer(quick, sentQuick, 100_000 + n);
  }
  slow.socket.end();
  quick.socket.end();
  const [got, gotQuick] = await Promise.all([buffer(slow.client), buffer(quick.client)]);
  slow.client.destroy();
  quick.client.destroy();
  assert.ok(got.equals(Buffer.concat(sent)));
  assert.ok(gotQuick.equals(Buffer.concat(sentQuick)));
});

test('a head that is longer than the place for it goes out whole', async () => {
  const { socket, client } = await connection();
  const front = `long: ${'x'.repeat(40_000)}\r\n`;
  writeAtOnce(socket, front, '\r\n', null);
  writeAtOnce(socket, 'next\r\n', '\r\n', Buffer.from('body'));
  socket.end();
  assert.equal(String(await buffer(client)), `${front}\r\nnext\r\n\r\nbody`);
  client.destroy();
});
