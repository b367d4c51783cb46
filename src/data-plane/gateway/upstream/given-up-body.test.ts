import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { Readable } from 'node:stream';
import { createTimerWheel } from '../../../lib/timer-wheel.ts';
import { Endpoint } from './endpoint.ts';
import type { Outcome } from './upstream-exchange.ts';

const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

/** Writes the head, and the body once it is told to. */
let sendBody = (): unknown => undefined;
const server = createServer((socket: Socket) => {
  socket.on('error', () => undefined).once('data', () => socket.write(head));
  sendBody = () => socket.write('2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());

test('who has enough of a body with its first piece ends that connection alone', async () => {
  const { port } = server.address() as AddressInfo;
  const origin = { address: '127.0.0.1', port, tls: null, hostHeader: null, isPartner: false };
  const endpoint = new Endpoint('one', origin, createTimerWheel(0, 10));
  const outcome = await new Promise<Outcome>((settled) => {
    endpoint.take('new').exchange({
      method: 'GET',
      head: 'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
      body: null,
      upgrades: false,
      deadlineMs: 5_000,
      exchange: { inform: () => undefined },
      settled,
    });
  });
  assert.ok(outcome.kind === 'answer' && outcome.answer.body instanceof Readable);
  const { body } = outcome.answer;
  const pieces: string[] = [];
  body.on('data', (piece: Buffer) => {
    pieces.push(piece.toString());
    body.destroy();
  });
  const closed = once(body, 'close');
  sendBody();
  await closed;
  assert.deepEqual(pieces, ['ab']);
  assert.equal(endpoint.idleConnections, 0, 'what is half read is not used again');
});
