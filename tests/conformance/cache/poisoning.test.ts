import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCachedSite } from '../../support/cached-site.ts';

const fresh = { 'cache-control': 'max-age=60' };

/** Headers by which services, frameworks and proxies take another host, path, scheme or method. */
const steering = [
  'forwarded',
  'front-end-https',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-path',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-forwarded-uri',
  'x-host',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-invoke-path',
  'x-invoke-status',
  'x-method-override',
  'x-middleware-prefetch',
  'x-middleware-subrequest',
  'x-original-host',
  'x-original-uri',
  'x-original-url',
  'x-override-url',
  'x-proxy-url',
  'x-real-host',
  'x-rewrite-url',
  'x-url-scheme',
];

describe('what one client says is not kept for the others', () => {
  for (const trustedHops of [[], ['127.0.0.1']]) {
    const from = trustedHops.length === 0 ? 'a client' : 'a trusted hop that passes it on';
    it(`in a header that may steer a service, from ${from}`, async () => {
      await using site = await startCachedSite(
        (request, response) => {
          const name = (request.url ?? '').slice(1);
          response.writeHead(200, fresh).end(String(request.headers[name]));
        },
        { trustedHops },
      );
      for (const name of steering) {
        const evil = name.endsWith('proto') ? 'https' : 'evil.example';
        await site.ask(`/${name}`, { headers: { [name]: evil } });
        const { body } = await site.ask(`/${name}`);
        assert.ok(!body.includes(evil), `${name}: ${body}`);
        assert.equal((await site.ask(`/${name}`)).body, body);
      }
    });
  }

  it('by a trusted hop about the host, which is kept for who says the same', async () => {
    await using site = await startCachedSite(
      (request, response) => {
        response.writeHead(200, fresh).end(String(request.headers['x-forwarded-host']));
      },
      { trustedHops: ['127.0.0.1'] },
    );
    const ask = async (host: string) => {
      const { body, did } = await site.ask('/', { headers: { 'x-forwarded-host': host } });
      return [body, did];
    };
    assert.deepEqual(await ask('one.example'), ['one.example', 'fwd=uri-miss']);
    assert.deepEqual(await ask('two.example'), ['two.example', 'fwd=uri-miss']);
    assert.deepEqual(await ask('One.example'), ['one.example', 'hit']);
    await site.ask('/', { method: 'POST', headers: { 'x-forwarded-host': 'one.example' } });
    assert.deepEqual((await ask('one.example'))[1], 'fwd=uri-miss');
  });

  for (const vary of ['X-Forwarded-For', 'accept, forwarded', 'x-request-id', 'Traceparent']) {
    it(`where the answer varies by ${vary}, which is another for each`, async () => {
      await using site = await startCachedSite((_, response) => {
        response.writeHead(200, { ...fresh, vary }).end(String(site.origin.requests));
      });
      assert.equal((await site.ask('/')).body, '1');
      assert.equal((await site.ask('/')).body, '2');
    });
  }

  it('in the body of a GET', async () => {
    await using site = await startCachedSite(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      response.writeHead(200, fresh).end(text === '' ? 'clean' : text);
    });
    const headers = { 'content-length': '4' };
    assert.equal((await site.ask('/', { body: 'evil', headers })).body, 'evil');
    assert.equal((await site.ask('/')).body, 'clean');
    assert.equal((await site.ask('/', { body: 'evil', headers })).body, 'evil');
  });

  it('behind a semicolon in a parameter that does not count', async () => {
    await using site = await startCachedSite(
      (request, response) => void response.writeHead(200, fresh).end(request.url),
      { query: { allow: null, drop: ['utm_*'], sort: true } },
    );
    const cloaked = ['?page=1&utm_x=1;page=evil', '?utm_x=1;page=evil&page=1', '?utm_x;&page=1'];
    for (const query of cloaked) assert.equal((await site.ask(`/${query}`)).body, '/?page=1');
    const kept = (await site.ask('/?page=1;utm_x=evil')).body;
    assert.equal(kept, '/?page=1;utm_x=evil', 'it is part of what page says');
    assert.equal((await site.ask('/?page=1')).body, '/?page=1');
  });
});

/** Spellings that one reader takes for a style sheet and another for the page before it. */
const confusing = [
  '/account',
  '/account/',
  '/account/x.css',
  '/account;x.css',
  '/account%3bx.css',
  '/account%3Bx.css',
  '/account%2fx.css',
  '/account%2Fx.css',
  '/account%23x.css',
  '/account%3Fx.css',
  '/account?x.css',
  '/account%0Ax.css',
  '/account%00.css',
  '/account/%2e%2e/account/x.css',
  '/static/..%2faccount',
  '/static/../account',
  '//account',
  '/%61ccount',
  '/Account',
  '/account.css',
  '/account$x.css',
  '/account\\x.css',
];

describe('a page that is taken for another', () => {
  it('is not kept for its name: an answer that says nothing is kept under none', async () => {
    await using site = await startCachedSite((request, response) => response.end(request.url));
    for (const path of [...confusing, ...confusing]) {
      assert.notEqual((await site.ask(path)).did, 'hit', path);
    }
  });

  it('two spellings share an answer only where the service hears one', async () => {
    const heard: string[] = [];
    await using site = await startCachedSite((request, response) => {
      heard.push(request.url ?? '');
      response.writeHead(200, fresh).end(request.url);
    });
    const first = new Map<string, string>();
    for (const path of confusing) first.set(path, (await site.ask(path)).body);
    for (const path of confusing) {
      const { status, body, did } = await site.ask(path);
      if (status === 200) assert.deepEqual([body, did], [first.get(path), 'hit'], path);
    }
    assert.equal(new Set(heard).size, heard.length, String(heard));
    assert.equal(first.get('/%61ccount'), '/account');
  });

  it('is kept by host in any case, and apart by port and by the dot that ends a name', async () => {
    await using site = await startCachedSite((request, response) => {
      response.writeHead(200, fresh).end(request.headers.host);
    });
    const hosts = ['site.example', 'SITE.example', 'site.example:81', 'site.example.'];
    const told = [];
    for (const host of hosts) {
      const { body, did } = await site.ask('/', { headers: { host } });
      told.push([body, did === 'hit']);
    }
    assert.deepEqual(told, [
      ['site.example', false],
      ['site.example', true],
      ['site.example:81', false],
      ['site.example.', false],
    ]);
  });
});

describe('an error that one client brought about', () => {
  for (const status of [428, 429, 431, 511]) {
    it(`is not kept with ${status}, whatever it says (RFC 6585)`, async () => {
      await using site = await startCachedSite((request, response) => {
        const isEvil = request.headers['x-long'] !== undefined;
        response.writeHead(isEvil ? status : 200, fresh).end(isEvil ? 'evil' : 'page');
      });
      await site.ask('/', { headers: { 'x-long': 'x'.repeat(9_000) } });
      assert.deepEqual((await site.ask('/')).body, 'page');
    });
  }

  for (const status of [400, 403, 408, 413, 416, 500, 502, 503]) {
    it(`is not kept with ${status} by the lifetime that the manifest promises for pages`, async () => {
      await using site = await startCachedSite(
        (request, response) => {
          const isEvil = request.headers['x-long'] !== undefined;
          response.writeHead(isEvil ? status : 200).end(isEvil ? 'evil' : 'page');
        },
        { cache: { kind: 'for', forMs: 60_000 } },
      );
      await site.ask('/', { headers: { 'x-long': 'x' } });
      assert.deepEqual((await site.ask('/')).body, 'page');
    });
  }
});
