import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { startWorker, type Worker, type WorkerLimits } from '../../../src/data-plane/worker.ts';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from '../../support/site-worker.ts';
import { askByTls, handshake } from '../../support/tls-client.ts';

const name = 'site.example';
let authority: TestAuthority;
before(async () => {
  authority = await createAuthority();
  await authority.issue('site', [name]);
});

function startSecured(originPort: number, limits: Partial<WorkerLimits> = {}): Promise<SiteWorker> {
  const configuration = plainConfiguration([{}], {
    origins: { origin: [`http://127.0.0.1:${originPort}`] },
    tls: {
      certificates: [{ certificate: 'site.crt', key: 'site.key', hosts: [] }],
      redirectToHttps: false,
      http2: true,
    },
  });
  return startSiteWorker(configuration, {}, limits, authority.folder);
}

/** Another worker of the same site; `ticketsFile` is what they share or do not. */
async function startAnother(
  site: SiteWorker,
  ticketsFile: string,
  port = 0,
): Promise<Worker & AsyncDisposable> {
  const place = { address: '127.0.0.1', port };
  const worker = await startWorker({
    id: 'w2',
    state: site.state,
    blobs: site.blobs,
    clock: systemClock,
    randomness: systemRandomness,
    listen: {
      http: { ...place, port: 0 },
      https: { ...place, siteDirectory: authority.folder, ticketsFile },
      internal: null,
    },
    lastGoodFolder: site.lastGoodFolder,
    isFast: true,
    log: { info() {}, warn() {}, error() {}, progress() {} },
  });
  return { ...worker, [Symbol.asyncDispose]: () => worker.close({ drainMs: 0 }) };
}

describe('a session', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`of ${maxVersion} goes on at another worker, for both open each other's tickets`, async () => {
      await using origin = await startOrigin();
      await using site = await startSecured(origin.port);
      await using other = await startAnother(site, site.ticketsFile);
      const asking = { ca: authority.ca, name, maxVersion };
      const { session } = await askByTls({ ...asking, port: site.httpsPort });
      assert.ok(session !== null);
      const port = other.httpsAddress?.port ?? 0;
      assert.equal((await askByTls({ ...asking, port, session })).resumed, true);
      assert.equal(other.stats().handshakes?.resumed, 1);
      assert.equal(statSync(site.ticketsFile).mode & 0o777, 0o600);
    });
  }

  it('begins anew where the keys are not shared', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    await using other = await startAnother(site, join(site.lastGoodFolder, 'others.json'));
    const { session } = await askByTls({ ca: authority.ca, name, port: site.httpsPort });
    assert.ok(session !== null);
    const port = other.httpsAddress?.port ?? 0;
    const answer = await askByTls({ ca: authority.ca, name, port, session });
    assert.deepEqual([answer.status, answer.resumed], [200, false]);
  });
});

describe('handshakes that do not go on', () => {
  it('are ended, though a byte drips now and then', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port, { handshakeMs: 600 });
    const slow = connect(site.httpsPort, '127.0.0.1').on('error', () => undefined);
    // The beginning of a ClientHello that says it is 512 bytes long.
    slow.write(Buffer.from('1603010200', 'hex'));
    const dripping = setInterval(() => slow.write(Buffer.from('01', 'hex')), 100);
    await once(slow, 'close');
    clearInterval(dripping);
    await eventually('it is counted', () => site.worker.stats().handshakes?.failed === 1);
  });

  it('give way to new ones, oldest first, when there are too many', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port, { handshakes: 16 });
    const silent: Socket[] = [];
    for (let n = 0; n < 40; n++) {
      silent.push(connect(site.httpsPort, '127.0.0.1').on('error', () => undefined));
    }
    const handshakes = () => site.worker.stats().handshakes;
    await eventually('the first gave way', () => (handshakes()?.givenUp ?? 0) >= 24);
    assert.equal(site.worker.stats().connections, 16);
    const asking = { ca: authority.ca, name, port: site.httpsPort };
    assert.equal((await askByTls(asking)).status, 200);
    for (const socket of silent) socket.destroy();
  });

  it('are cut at the end of a planned stop, which waits for those that go on', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    const silent = connect(site.httpsPort, '127.0.0.1').on('error', () => undefined);
    await eventually('it is accepted', () => site.worker.stats().connections === 1);
    const ended = once(silent, 'close');
    await site.worker.close({ drainMs: 300 });
    await ended;
  });
});

describe('a planned stop with TLS', () => {
  it('resets no connection that was accepted', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    const second = await startAnother(site, site.ticketsFile, site.httpsPort);
    const asking = { ca: authority.ca, name, port: site.httpsPort };
    const sockets = await Promise.all(Array.from({ length: 24 }, () => handshake(asking)));
    await eventually('both have some', () => second.stats().connections > 0);
    const stop = new AbortController();
    const resets: string[] = [];
    let answered = 0;
    const load = sockets.map(async (socket) => {
      let heard: (said: string | null) => void = () => undefined;
      socket.on('error', (error) => resets.push(String(error)));
      socket.on('data', (chunk: Buffer) => heard(chunk.toString('latin1')));
      socket.on('end', () => heard(null));
      while (!stop.signal.aborted) {
        const next = new Promise<string | null>((resolve) => (heard = resolve));
        socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
        const said = await next;
        if (said === null) return;
        answered++;
        if (/connection: close/i.test(said)) return;
      }
    });
    const before = answered;
    await eventually('all are busy', () => answered > before + 100);
    await second.close({ drainMs: 5_000 });
    assert.equal(second.stats().connections, 0);
    stop.abort();
    await Promise.all(load);
    assert.deepEqual(resets, []);
    for (const socket of sockets) socket.destroy();
  });
});
