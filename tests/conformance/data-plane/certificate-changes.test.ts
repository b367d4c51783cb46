import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { CERTIFICATES_PREFIX, type WorkerCertificates } from '../../../src/contract/keys.ts';
import { startWorker } from '../../../src/data-plane/worker.ts';
import type { WorkerConfiguration } from '../../../src/derive/worker-configuration.ts';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from '../../support/site-worker.ts';
import { askByTls, handshake } from '../../support/tls-client.ts';

const name = 'site.example';
let authority: TestAuthority;
before(async () => {
  authority = await createAuthority();
  await authority.issue('old', [name]);
  await authority.issue('new', [name, 'new.example']);
  await authority.issue('expired', [name, 'expired.example'], -1);
});

/** A site directory whose `tls/site.crt` and `.key` are copies of what `issued` names. */
async function siteDirectory(issued: string): Promise<string> {
  const directory = await mkdtemp(join(authority.folder, 'site-'));
  put(directory, issued);
  return directory;
}

function put(directory: string, issued: string, parts: readonly string[] = ['crt', 'key']): void {
  for (const part of parts) {
    copyFileSync(join(authority.folder, `${issued}.${part}`), join(directory, `site.${part}`));
  }
}

function configured(originPort: number): WorkerConfiguration {
  return plainConfiguration([{}], {
    origins: { origin: [`http://127.0.0.1:${originPort}`] },
    tls: {
      certificates: [{ certificate: 'site.crt', key: 'site.key', hosts: [] }],
      redirectToHttps: false,
      http2: true,
    },
  });
}

async function shownBy(site: { readonly httpsPort: number }): Promise<string> {
  const asking = { port: site.httpsPort, ca: authority.ca, name, rejectUnauthorized: false };
  return (await askByTls(asking)).shown;
}

async function toldBy(site: SiteWorker): Promise<WorkerCertificates['certificates'][number]> {
  return eventually('the worker tells of its certificate', async () => {
    const entry = await site.state.get(`${CERTIFICATES_PREFIX}w1`);
    return (entry?.value as WorkerCertificates | undefined)?.certificates[0];
  });
}

describe('a certificate that changes on disk', () => {
  it('is shown to new connections; those that stand go on, under load too', async () => {
    await using origin = await startOrigin();
    const directory = await siteDirectory('old');
    await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
    const port = site.httpsPort;
    const standing = await handshake({ port, ca: authority.ca, name });
    const stop = new AbortController();
    const outcomes = { ok: 0, failed: [] as string[] };
    const load = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) {
        await askByTls({ port, ca: authority.ca, name }).then(
          ({ status }) => (status === 200 ? outcomes.ok++ : outcomes.failed.push(String(status))),
          (error: unknown) => outcomes.failed.push(String(error)),
        );
      }
    });
    put(directory, 'new');
    await eventually('the new one is shown', async () => /new\.example/.test(await shownBy(site)));
    stop.abort();
    await Promise.all(load);
    assert.deepEqual(outcomes.failed, []);
    assert.ok(outcomes.ok > 10, `${outcomes.ok} under load`);
    const heard = new Promise<string>((resolve) => {
      standing.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
    });
    standing.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    assert.match(await heard, /^HTTP\/1\.1 200/);
    standing.destroy();
  });

  it('is followed through symbolic links, as certbot exchanges them', async () => {
    await using origin = await startOrigin();
    const directory = await mkdtemp(join(authority.folder, 'live-'));
    const point = async (issued: string): Promise<void> => {
      for (const part of ['crt', 'key']) {
        symlinkSync(join(authority.folder, `${issued}.${part}`), join(directory, 'next'));
        await rename(join(directory, 'next'), join(directory, `site.${part}`));
      }
    };
    await point('old');
    await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
    assert.doesNotMatch(await shownBy(site), /new\.example/);
    await point('new');
    await eventually('the new one is shown', async () => /new\.example/.test(await shownBy(site)));
    assert.equal((await toldBy(site)).refused, null);
  });

  for (const [fault, wreck, why] of [
    ['of another key', (at: string) => put(at, 'new', ['crt']), /not the key of the certificate/],
    ['broken', (at: string) => writeFileSync(join(at, 'site.crt'), 'x'), /holds no certificate/],
    ['gone', (at: string) => rmSync(join(at, 'site.key')), /it is not there/],
    ['expired', (at: string) => put(at, 'expired'), /it expired on \d{4}-/],
  ] as const) {
    it(`never replaces a good one when it is ${fault}; the worker says why`, async () => {
      await using origin = await startOrigin();
      const directory = await siteDirectory('old');
      await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
      wreck(directory);
      await eventually('it is refused', async () => (await toldBy(site)).refused !== null);
      const { refused, names, notAfterMs } = await toldBy(site);
      assert.match(refused?.why ?? '', why);
      assert.match(refused?.file ?? '', /^site\.(?:crt|key)$/);
      assert.deepEqual(names, [name]);
      assert.ok((notAfterMs ?? 0) > Date.now());
      assert.equal(await shownBy(site), `DNS:${name}`);
      put(directory, 'new');
      await eventually(
        'the mended one is taken',
        async () => (await toldBy(site)).refused === null,
      );
      assert.match(await shownBy(site), /new\.example/);
    });
  }

  it('is shown though expired where there is nothing better', async () => {
    await using origin = await startOrigin();
    const directory = await siteDirectory('expired');
    await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
    assert.match(await shownBy(site), /expired\.example/);
    assert.ok(((await toldBy(site)).notAfterMs ?? Infinity) < Date.now());
    put(directory, 'old');
    await eventually('the good one is taken', async () => !/expired/.test(await shownBy(site)));
  });
});

describe('without its files', () => {
  it('a worker starts with the certificates it last had, kept for its user alone', async () => {
    await using origin = await startOrigin();
    const directory = await siteDirectory('old');
    let lastGoodFolder = '';
    {
      await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
      lastGoodFolder = site.lastGoodFolder;
      assert.equal(await shownBy(site), `DNS:${name}`);
    }
    assert.equal(statSync(join(lastGoodFolder, 'certificates.json')).mode & 0o777, 0o600);
    rmSync(join(directory, 'site.crt'));
    await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
    const { ticketsFile } = site;
    const worker = await startWorker({
      id: 'w2',
      state: site.state,
      blobs: site.blobs,
      clock: systemClock,
      randomness: systemRandomness,
      listen: {
        http: { address: '127.0.0.1', port: 0 },
        https: { address: '127.0.0.1', port: 0, siteDirectory: directory, ticketsFile },
        internal: null,
      },
      lastGoodFolder,
      isFast: true,
      log: { info() {}, warn() {}, error() {}, progress() {} },
    });
    assert.equal(await shownBy({ httpsPort: worker.httpsAddress?.port ?? 0 }), `DNS:${name}`);
    await worker.close({ drainMs: 0 });
  });

  it('a worker that never had any serves plain HTTP, and takes them once there', async () => {
    await using origin = await startOrigin();
    const directory = await mkdtemp(join(authority.folder, 'empty-'));
    await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
    assert.equal((await fetch(`http://127.0.0.1:${site.port}/`)).status, 200);
    await assert.rejects(shownBy(site), /handshake failure/);
    assert.equal((await toldBy(site)).notAfterMs, null);
    put(directory, 'old');
    await eventually('it is shown', async () => (await toldBy(site)).refused === null);
    assert.equal(await shownBy(site), `DNS:${name}`);
  });

  it('never says anything of the key in logs or state', async () => {
    await using origin = await startOrigin();
    const directory = await siteDirectory('old');
    await using site = await startSiteWorker(configured(origin.port), {}, {}, directory);
    put(directory, 'new', ['key']);
    await eventually('it is refused', async () => (await toldBy(site)).refused !== null);
    const secret = readFileSync(join(authority.folder, 'new.key'), 'utf8').split('\n')[1] ?? '';
    const said = JSON.stringify([site.logged, await site.state.list('')]);
    assert.ok(secret.length > 20 && !said.includes(secret));
  });
});
