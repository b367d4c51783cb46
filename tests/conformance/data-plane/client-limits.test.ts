import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { converse, finalStatusOf, RawClient } from '../../support/raw-http.ts';
import { reverseProxy, startSiteWorker } from '../../support/site-worker.ts';

const clients = {
  headMs: 15_000,
  requestMs: 300_000,
  idleMs: 65_000,
  bodyBytesPerSecond: 512,
  connectionsPerAddress: 2_000,
};
const get = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const isAnswered = (text: string): boolean => /\r\n\r\n./s.test(text);

describe('what one client may take', () => {
  it('is a number of connections, and others have theirs', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(
      reverseProxy(origin.port),
      {},
      {
        connectionsPerAddress: 5,
      },
    );
    const open = (localAddress: string): Socket =>
      connect({ port: site.port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    const sockets = Array.from({ length: 20 }, () => open('127.0.0.2'));
    const ended = (): number => sockets.filter(({ destroyed }) => destroyed).length;
    for (const socket of sockets) socket.resume();
    await eventually('those beyond are closed', () => ended() === 15);
    assert.equal(finalStatusOf((await converse(site.port, get, isAnswered)).text), 200);
    for (const socket of sockets) socket.destroy();
    await eventually('they have room again', async () => {
      const again = open('127.0.0.2');
      const text = await new Promise<string>((resolve) => {
        again.on('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
        again.on('close', () => resolve(''));
        again.write(get);
      });
      again.destroy();
      return text.startsWith('HTTP/1.1 200');
    });
  });

  it('is more for a trusted hop, behind which there are many', async () => {
    await using origin = await startOrigin();
    const configuration = reverseProxy(origin.port);
    const routes = { ...configuration.routes, trustedHops: ['127.0.0.1'] };
    const limits = { connectionsPerAddress: 2 };
    await using site = await startSiteWorker({ ...configuration, routes }, {}, limits);
    const held = Array.from({ length: 10 }, () => new RawClient(site.port).send(get));
    for (const one of held) assert.equal(finalStatusOf((await one.until(isAnswered)).text), 200);
    for (const one of held) one.destroy();
  });

  it('changes with the configuration, for connections to come', async () => {
    await using origin = await startOrigin();
    const configuration = reverseProxy(origin.port);
    await using site = await startSiteWorker({ ...configuration, clients });
    const held = new RawClient(site.port).send(get);
    assert.equal(finalStatusOf((await held.until(isAnswered)).text), 200);
    const strict = { ...clients, connectionsPerAddress: 1 };
    await site.configure({ ...configuration, model: 'sha256:strict', clients: strict });
    await eventually('it is in force', () => site.worker.stats().model === 'sha256:strict');
    assert.equal((await converse(site.port, get, isAnswered)).text, '');
    await site.configure({ ...configuration, model: 'sha256:wide', clients });
    await eventually('it is in force', () => site.worker.stats().model === 'sha256:wide');
    assert.equal(finalStatusOf((await converse(site.port, get, isAnswered)).text), 200);
    held.destroy();
  });
});

const answers = (text: string): number => text.split('HTTP/1.1 200').length - 1;
const limits = { idleMs: 400, headMs: 5_000 };

for (const [reader, asked] of [
  ['our own reader', get],
  ['the parser of Node', get.replace('\r\n\r\n', '\r\nTE: trailers\r\n\r\n')],
] as const) {
  describe(`a connection with ${reader}`, () => {
    it('is closed when it has been idle for as long as it may, and not before', async () => {
      await using origin = await startOrigin();
      await using site = await startSiteWorker(reverseProxy(origin.port), {}, limits);
      const client = new RawClient(site.port);
      for (let n = 1; n <= 4; n++) {
        client.send(asked);
        const { text } = await client.until((said) => answers(said) === n);
        assert.equal(answers(text), n);
        await sleep(200);
      }
      const { ending } = await client.toEnd(2_000);
      assert.notEqual(ending, 'silent');
    });

    it('is not cut in the middle of the next head', async () => {
      await using origin = await startOrigin();
      await using site = await startSiteWorker(reverseProxy(origin.port), {}, limits);
      const client = new RawClient(site.port).send(asked);
      await client.until(isAnswered);
      for (const byte of asked) {
        client.send(byte);
        await sleep(20);
      }
      const { text } = await client.until((said) => answers(said) === 2);
      assert.equal(answers(text), 2);
      client.destroy();
    });
  });
}

describe('a body that drips', () => {
  it('ends with 408, once it has been slow for a while', async () => {
    await using origin = await startOrigin((req) => req.on('error', () => undefined).resume());
    const configuration = reverseProxy(origin.port, { deadlineMs: 60_000 });
    await using site = await startSiteWorker(configuration, {}, { bodyBytesPerSecond: 1_000 });
    const head = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 900000\r\n\r\n';
    const client = new RawClient(site.port).send(head);
    const drip = setInterval(() => client.send('x'), 200);
    const said = await client.toEnd(30_000);
    clearInterval(drip);
    client.destroy();
    assert.equal(finalStatusOf(said.text), 408);
    assert.match(said.text, /request-too-slow/);
    await eventually('nothing is under way', () => site.worker.stats().inFlight === 0);
  });
});
