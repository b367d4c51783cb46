import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { askHttp2, openHttp2 } from '../../support/http2-client.ts';
import { frames, RawHttp2, request } from '../../support/raw-http2.ts';
import { secured } from '../../support/secured-site.ts';
import { askByTls } from '../../support/tls-client.ts';

describe('the end of a connection in HTTP/2', () => {
  it('comes in a planned stop with its next request, and what is under way is served', async () => {
    const waiting: (() => void)[] = [];
    await using origin = await startOrigin((_req, res) => waiting.push(() => res.end('done')));
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const client = await RawHttp2.open(site.httpsPort, setting.authority.ca);
    client.ask(1, request());
    await eventually('it is under way', () => waiting.length === 1);
    const closed = site.worker.close({ drainMs: 10_000 });
    client.ask(3, request({ ':path': '/other' }));
    const told = await eventually('the end is announced', () => client.of(0, frames.goAway));
    assert.equal(told.payload.readUInt32BE(0), 3);
    assert.equal(told.payload.readUInt32BE(4), 0);
    await eventually('the last one is served', () => waiting.length === 2);
    client.ask(5, request({ ':path': '/late' }));
    for (const answer of waiting) answer();
    await eventually('both are answered', () => {
      return client.of(1, frames.data) !== undefined && client.of(3, frames.data) !== undefined;
    });
    await closed;
    assert.equal(origin.requests, 2);
    await eventually('it is gone', () => client.ended);
  });

  it('does not come with a new certificate: those that stand go on, new ones see it', async () => {
    await using origin = await startOrigin();
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const { ca, folder } = setting.authority;
    const standing = await openHttp2(site.httpsPort, ca);
    assert.equal((await askHttp2(standing, { ':path': '/' })).status, 200);
    const renewed = await setting.authority.issue('renewed', ['site.example', 'renewed.example']);
    copyFileSync(renewed.certificate, join(folder, 'site.crt'));
    copyFileSync(renewed.key, join(folder, 'site.key'));
    await eventually('the new one is shown', async () => {
      const { shown } = await askByTls({ port: site.httpsPort, ca, name: 'site.example' });
      return shown.includes('renewed.example');
    });
    assert.equal((await askHttp2(standing, { ':path': '/' })).status, 200);
    const fresh = await openHttp2(site.httpsPort, ca, 'renewed.example');
    assert.equal((await askHttp2(fresh, { ':path': '/' })).status, 200);
    standing.destroy();
    fresh.destroy();
  });

  it('does not come when HTTP/2 is switched off: new ones speak HTTP/1.1', async () => {
    await using origin = await startOrigin();
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const { ca } = setting.authority;
    const standing = await openHttp2(site.httpsPort, ca);
    const on = setting.configuration();
    await site.configure({ ...on, model: 'sha256:off', tls: { ...on.tls, http2: false } });
    const asking = { port: site.httpsPort, ca, name: 'site.example' };
    await eventually('it is off', async () => {
      return (await askByTls({ ...asking, ALPNProtocols: ['h2', 'http/1.1'] })).alpn === 'http/1.1';
    });
    assert.equal((await askHttp2(standing, { ':path': '/' })).status, 200);
    standing.destroy();
  });
});

describe('other ways into HTTP/2', () => {
  it('are none: who does not ask for it in the handshake has HTTP/1.1', async () => {
    await using origin = await startOrigin();
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const { ca } = setting.authority;
    const unasked = await askByTls({ port: site.httpsPort, ca, name: 'site.example' });
    assert.deepEqual([unasked.status, unasked.alpn], [200, 'http/1.1']);
    const silent = { port: site.httpsPort, ca, name: 'site.example', ALPNProtocols: [] };
    assert.equal((await askByTls(silent)).status, 200);
    assert.equal(origin.requests, 2);
  });
});
