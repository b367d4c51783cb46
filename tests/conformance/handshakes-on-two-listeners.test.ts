import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect as connectTls, createSecureContext } from 'node:tls';

import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { Certificates } from '../../src/data-plane/edge/tls/certificates.ts';
import { contextOptions } from '../../src/data-plane/edge/tls/context-options.ts';
import { createHandshakes, type Handshakes } from '../../src/data-plane/edge/tls/handshakes.ts';

const nothing = (): void => undefined;

async function handshakesFor(authority: TestAuthority): Promise<Handshakes> {
  const { certificate, key } = await authority.issue('site', ['site.test']);
  const pair = { cert: readFileSync(certificate), key: readFileSync(key) };
  const context = createSecureContext({ ...contextOptions, ...pair });
  const certificates: Certificates = {
    use: nothing,
    offersHttp2: false,
    settled: () => Promise.resolve(),
    contextFor: () => context,
    fallback: null,
    onChange: nothing,
    states: () => [],
    close: nothing,
  };
  const tickets = { key: Buffer.alloc(48, 7), onChange: nothing, close: nothing };
  const limits = { handshakeMs: 20_000, handshakes: 10 };
  return createHandshakes(certificates, tickets, limits, systemClock);
}

interface Listener {
  readonly port: number;
  /** The names of those who came through this one. */
  readonly secured: string[];
}

async function listen(t: TestContext, handshakes: Handshakes, name: string): Promise<Listener> {
  const secured: string[] = [];
  const server = createServer((socket) => {
    handshakes.begin(socket, (done) => {
      secured.push(name);
      done.end(name);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, secured };
}

/** Bound before it connects, also to any port: only such a port may be used towards another. */
async function connected(port: number, localPort: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort });
  await once(socket, 'connect');
  return socket;
}

/** What a client is told once its handshake is done. */
async function secure(socket: Socket, ca: string): Promise<string> {
  const client = connectTls({ socket, ca, servername: 'site.test' });
  let told = '';
  client.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await once(client, 'end');
  return told;
}

test('one port of a client towards two listeners is two handshakes', async (t) => {
  const authority = await createAuthority();
  const handshakes = await handshakesFor(authority);
  const first = await listen(t, handshakes, 'first');
  const second = await listen(t, handshakes, 'second');
  const one = await connected(first.port, 0);
  const localPort = (one.address() as AddressInfo).port;
  const two = await connected(second.port, localPort);
  t.after(() => {
    one.destroy();
    two.destroy();
    handshakes.cut();
    handshakes.close();
  });
  await eventually('both have begun', () => handshakes.inFlight === 2);
  assert.equal(await secure(one, authority.ca), 'first');
  assert.equal(await secure(two, authority.ca), 'second');
  assert.deepEqual([first.secured, second.secured], [['first'], ['second']]);
  assert.equal(handshakes.inFlight, 0);
});
