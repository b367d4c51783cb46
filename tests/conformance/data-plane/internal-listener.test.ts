import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WorkerConfiguration } from '../../../src/derive/worker-configuration.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { converse, finalStatusOf } from '../../support/raw-http.ts';
import { plainConfiguration, startSiteWorker } from '../../support/site-worker.ts';

/** Two features of one origin: one for everybody, one for the site's own services. */
function twoFeatures(originPort: number): WorkerConfiguration {
  return plainConfiguration(
    [
      { feature: 'origin.reconcile', path: '/reconcile/**', depth: 1, internal: true },
      { feature: 'origin.members', path: '/members/**', depth: 1, hosts: ['members.example'] },
      { feature: 'origin.all', path: '/**', depth: 0 },
    ],
    {
      origins: { origin: [`http://127.0.0.1:${originPort}`] },
      hosts: ['site.example', 'members.example'],
    },
  );
}

const home = {
  frontend: 'home',
  prefix: '/',
  depth: 0,
  hosts: [],
  cacheMs: 0,
  fallback: null,
  notFound: null,
};

async function statusAt(port: number, path: string, host: string): Promise<number> {
  const said = await converse(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, (text) =>
    /\r\n\r\n./s.test(text),
  );
  return finalStatusOf(said.text);
}

describe('the internal listener', () => {
  it('serves internal features for any host; the public side does not know them', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(twoFeatures(origin.port));
    const { port, internalPort } = site;
    assert.equal(await statusAt(internalPort, '/reconcile/now', '127.0.0.1:1'), 200);
    assert.equal(await statusAt(internalPort, '/reconcile/now', 'site.example'), 200);
    assert.equal(await statusAt(port, '/reconcile/now', 'site.example'), 404);
    assert.equal(await statusAt(port, '/reconcile/now', '127.0.0.1'), 421);
  });

  it('finds a feature that is tied to a host by its path alone', async () => {
    await using origin = await startOrigin();
    const { routes, ...rest } = twoFeatures(origin.port);
    const withoutAll = routes.routes.filter(({ depth }) => depth > 0);
    await using site = await startSiteWorker({
      ...rest,
      routes: { ...routes, routes: withoutAll },
    });
    assert.equal(await statusAt(site.internalPort, '/members/7', '127.0.0.1'), 200);
    assert.equal(await statusAt(site.port, '/members/7', 'site.example'), 404);
  });

  it('serves no frontends', async () => {
    await using origin = await startOrigin();
    const { routes, ...rest } = twoFeatures(origin.port);
    const onlyPages = { ...rest, routes: { ...routes, frontends: [home], routes: [] } };
    await using site = await startSiteWorker(onlyPages);
    assert.equal(await statusAt(site.internalPort, '/', 'site.example'), 404);
    // Not published yet, but known.
    assert.equal(await statusAt(site.port, '/', 'site.example'), 503);
  });

  it('believes what a service passes on of the client and of the trace', async () => {
    await using origin = await startOrigin((req, res) => res.end(JSON.stringify(req.headers)));
    await using site = await startSiteWorker(twoFeatures(origin.port));
    const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
    const answer = await fetch(`http://127.0.0.1:${site.internalPort}/`, {
      headers: {
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'site.example',
        'x-request-id': 'request-7',
        traceparent,
        tracestate: 'vendor=1',
      },
    });
    const heard = (await answer.json()) as Record<string, string>;
    assert.equal(heard['x-forwarded-for'], '203.0.113.9, 127.0.0.1');
    assert.equal(heard['x-forwarded-proto'], 'https');
    assert.equal(heard['x-forwarded-host'], 'site.example');
    assert.equal(heard['x-request-id'], 'request-7');
    assert.equal(heard['traceparent'], traceparent);
    assert.equal(heard['tracestate'], 'vendor=1');
    assert.equal(answer.headers.get('x-request-id'), 'request-7');
  });

  it('outlives the public one in a planned stop, for what is under way there', async () => {
    const asked: string[] = [];
    let internalPort = 0;
    await using origin = await startOrigin((req, res) => {
      asked.push(req.url ?? '');
      if (req.url !== '/outer') return void res.end('inner');
      const ask = (): void =>
        void fetch(`http://127.0.0.1:${internalPort}/inner`).then(
          async (inner) => res.end(await inner.text()),
          (error: unknown) => res.writeHead(500).end(String(error)),
        );
      setTimeout(ask, 300);
    });
    await using site = await startSiteWorker(
      plainConfiguration([{}], { origins: { origin: [`http://127.0.0.1:${origin.port}`] } }),
    );
    internalPort = site.internalPort;
    const outer = fetch(`http://127.0.0.1:${site.port}/outer`);
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = site.worker.close({ drainMs: 5_000 });
    const answer = await outer;
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'inner');
    await closed;
  });
});
