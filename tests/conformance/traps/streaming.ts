import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { converse, RawClient, statusOf } from '../../support/raw-http.ts';
import { get, shortAnswer, type Trap } from './trap.ts';

const chunkedPost = 'POST / HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\n\r\n';
const answered = (text: string): boolean => /^HTTP\/1\.[01] [2-5]/.test(text);
const websocket = get.replace(
  '\r\n\r\n',
  '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
);

/** What takes time, or never ends. */
export const streamingTraps: readonly Trap[] = [
  {
    claim: 'lets go of the service when the client goes away before the answer',
    origin: () => undefined,
    run: async (port, origin) => {
      const client = new RawClient(port).send(get);
      await eventually('the request arrives', () => origin.heard !== '', 2_000);
      client.destroy();
      await eventually('the origin is let go', () => origin.gone > 0, 500);
    },
    catches: 'naive',
  },
  {
    claim: 'lets go of the service when the client goes away within the answer',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n'))
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok');
    },
    run: async (port, origin) => {
      const client = new RawClient(port).send(get);
      await client.until((text) => text.endsWith('ok'));
      client.destroy();
      await eventually('the origin is let go', () => origin.gone > 0, 500);
    },
    catches: 'naive',
  },
  {
    claim: 'passes an upload on while it arrives',
    origin: () => undefined,
    run: async (port, origin) => {
      const client = new RawClient(port).send(`${chunkedPost}5\r\nfirst\r\n`);
      await eventually('the first piece arrives', () => origin.heard.includes('first'), 1_000);
      client.destroy();
    },
    catches: { naiver: 'Node 26 streams what is piped.' },
  },
  {
    claim: 'passes an answer on while it arrives',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) {
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n' +
            'Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n',
        );
      }
    },
    run: async (port) => {
      const client = new RawClient(port).send(get);
      const said = await client.until((text) => text.includes('data: 1'), 1_000);
      client.destroy();
      assert.match(said.text, /data: 1/);
    },
    catches: { naiver: 'Node 26 streams what is piped.' },
  },
  {
    claim: 'holds a service back that is faster than its client',
    origin: (socket, heard) => {
      if (!heard.endsWith('\r\n\r\n')) return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      const block = Buffer.alloc(1 << 20);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on('drain', pour);
      pour();
    },
    run: async (port, origin) => {
      const client = new RawClient(port);
      client.socket.pause();
      client.send(get);
      const written = (): number =>
        [...origin.sockets].reduce(
          (sum, socket) => sum + socket.bytesWritten - socket.writableLength,
          0,
        );
      await eventually('the answer begins', () => written() > 100_000, 2_000);
      // Held back means: the same for half a second, and no more than the buffers of four sockets.
      let before = -1;
      for (let same = 0; same < 5;) {
        await delay(100);
        const now = written();
        assert.ok(now < 24 * 1024 * 1024, `${now} bytes for a client that reads nothing`);
        same = now === before ? same + 1 : 0;
        before = now;
      }
      client.destroy();
    },
    catches: { naiver: 'Node 26 holds back what is piped.' },
  },
  {
    claim: 'stops a chunked upload that is larger than allowed',
    origin: () => undefined,
    run: async (port) => {
      const client = new RawClient(port).send(chunkedPost);
      const piece = `10000\r\n${'a'.repeat(65_536)}\r\n`;
      for (let i = 0; i < 32; i++) client.send(piece);
      const said = await client.until(answered, 2_000);
      client.destroy();
      assert.equal(statusOf(said.text), 413);
    },
    catches: 'naive',
  },
  {
    claim: 'refuses an upload that says it is larger than allowed',
    run: async (port, origin) => {
      const head = 'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 2000000\r\n\r\n';
      const said = await converse(port, head, answered);
      assert.equal(statusOf(said.text), 413);
      assert.equal(origin.heard, '');
    },
    catches: 'naive',
  },
  {
    claim: 'passes on trailers of an answer to who asks for them',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) {
        socket.write(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n',
        );
        setTimeout(() => socket.write('0\r\nX-Sum: 7\r\n\r\n'), 20);
      }
    },
    run: async (port) => {
      const request = get.replace('\r\n\r\n', '\r\nTE: trailers\r\nConnection: TE\r\n\r\n');
      const said = await converse(port, request, (text) => /\r\n0\r\n[^]*\r\n\r\n$/.test(text));
      assert.match(said.text, /\r\n0\r\nx-sum: 7\r\n\r\n$/i);
    },
    catches: 'naive',
  },
  {
    claim: 'passes on trailers of an upload',
    origin: (socket, heard) => {
      if (/0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(heard)) socket.write(shortAnswer);
    },
    run: async (port, origin) => {
      await converse(port, `${chunkedPost}2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n`, answered);
      assert.match(origin.heard, /\r\n0\r\nx-sum: 7\r\n\r\n$/i);
    },
    catches: 'naive',
  },
  {
    claim: 'opens a WebSocket and carries both directions',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n' +
            'Upgrade: websocket\r\n\r\nhello',
        );
      } else if (heard.endsWith('ping')) socket.write('pong');
    },
    run: async (port) => {
      const client = new RawClient(port).send(websocket);
      const opened = await client.until((text) => text.endsWith('hello'), 1_000);
      assert.equal(statusOf(opened.text), 101);
      await client.send('ping').until((text) => text.endsWith('pong'), 1_000);
      client.destroy();
      assert.match(client.text, /hellopong$/);
    },
    catches: 'naive',
  },
  {
    claim: 'opens no WebSocket by POST, whatever the service says to it',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\nhi')) {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n' +
            'Upgrade: websocket\r\n\r\nhello',
        );
      }
    },
    run: async (port, origin) => {
      const post = websocket.replace('GET', 'POST').replace(/\r\n$/, 'Content-Length: 2\r\n\r\nhi');
      const said = await converse(port, post, answered, 1_000);
      assert.equal(statusOf(said.text), 502);
      assert.doesNotMatch(origin.heard, /\r\nupgrade:/i);
    },
    catches: 'naive',
  },
  {
    claim: 'lets go of a WebSocket on both sides when one side goes',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n' +
            'Upgrade: websocket\r\n\r\nhello',
        );
      }
    },
    run: async (port, origin) => {
      const client = new RawClient(port).send(websocket);
      await client.until((text) => text.endsWith('hello'), 1_000);
      assert.match(client.text, /hello$/);
      client.destroy();
      await eventually('the origin is let go', () => origin.gone > 0, 1_000);
    },
    catches: 'naive',
  },
  {
    claim: 'gives the client the answer of a service that does not want the upload',
    origin: (socket, heard) => {
      if (heard.includes('\r\n\r\n') && socket.writable) {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
      }
    },
    run: async (port) => {
      const head = 'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 900000\r\n\r\n';
      const said = await converse(
        port,
        `${head}${'a'.repeat(300_000)}`,
        (text) => text.endsWith('no'),
        2_000,
      );
      assert.equal(statusOf(said.text), 403);
    },
    catches: { naiver: 'Node 26 reads the answer while it uploads.' },
  },
];
