import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startFrontendSite } from '../../support/frontend-site.ts';
import { rawGet } from '../../support/raw-get.ts';
import { eventually } from '../../support/eventually.ts';

const page = (text: string): string => `<!doctype html><p>${text}</p>`;
const files = {
  'index.html': page('start'),
  'about.html': page('about'),
  'closed.html': page('closed'),
  'app/index.html': page('app'),
  'en/404.html': page('english nothing'),
  '404.html': page('nothing here'),
  'assets/app-a1b2c3d4.js': 'export const x = 1;',
  'data.json': '{}',
  _redirects: `
/give               /donate
/temporary          /about                302
/other              /about                303
/keep-method        /about                307
/for-good           /about                308
/elsewhere/*        https://example.com/:splat 302
/news/:year/:month/*  /archive/:year-:month/:splat
/store id=:id kind=book  /books/:id        301
/store id=:id       /goods/:id             301
/search q=:q        https://example.com/find?query=:q#top 302
/host to=:to        /:to                   302
/two a=:a b=:b      /:a/:b                 302
/about              /never                 302
/data.json          /about                 302!
/app/*              /app/index.html        200
/pass/:name         /:name.html            200
/en/*               /en/404.html           404
/caf\u00e9              /caf\u00e9-new             302
/fragment           /about#part            302
/first              /one                   302
/first              /two                   302
`,
  _headers: `
/*
  X-Frame-Options: DENY
  Link: </all.css>; rel=preload
  Content-Security-Policy: default-src 'self'
/about
  Link: </about.css>; rel=preload
  ! Content-Security-Policy
  X-Frame-Options: SAMEORIGIN
/assets/*
  Cache-Control: public, max-age=60
/*.json
  Content-Type: application/manifest+json
  Vary: Origin
/give
  Cache-Control: public, max-age=300
`,
};
const site = await startFrontendSite(files);
const get = (path: string, headers = {}): ReturnType<typeof rawGet> =>
  rawGet(site.origin, path, headers);

describe('_redirects', () => {
  for (const [path, status, location] of [
    ['/give', 301, '/donate'],
    ['/give/', 301, '/donate'],
    ['/give?utm=1&x', 301, '/donate?utm=1&x'],
    ['/temporary', 302, '/about'],
    ['/other', 303, '/about'],
    ['/keep-method', 307, '/about'],
    ['/for-good', 308, '/about'],
    ['/elsewhere', 302, 'https://example.com/'],
    ['/elsewhere/a/b%20c?d=e', 302, 'https://example.com/a/b%20c?d=e'],
    ['/news/2026/11/a/b', 301, '/archive/2026-11/a/b'],
    ['/store?id=7&kind=book', 301, '/books/7'],
    ['/store?kind=pen&id=7&more=1', 301, '/goods/7?kind=pen&more=1'],
    ['/search?q=a%26b+c', 302, 'https://example.com/find?query=a%26b%20c#top'],
    ['/data.json', 302, '/about'],
    ['/caf%C3%A9', 302, '/caf%C3%A9-new'],
    ['/fragment?a=b', 302, '/about?a=b#part'],
    ['/first', 302, '/one'],
  ] as const) {
    test(`${path} is ${status} to ${location}`, async () => {
      const answer = await get(path);
      assert.equal(answer.status, status);
      assert.equal(answer.headers['location'], location);
      assert.equal(answer.body.length, 0);
    });
  }

  for (const [path, status, text] of [
    ['/about', 200, 'about'],
    ['/app/some/view', 200, 'app'],
    ['/pass/closed', 200, 'closed'],
    ['/pass/unheard-of', 404, 'nothing here'],
    ['/en/anything', 404, 'english nothing'],
    ['/nowhere', 404, 'nothing here'],
    ['/store', 404, 'nothing here'],
    ['/news/2026', 404, 'nothing here'],
    ['/elsewhere%2Fa', 404, 'nothing here'],
  ] as const) {
    test(`${path} is ${status} with the page ${text}`, async () => {
      const answer = await get(path, { accept: 'text/html' });
      assert.equal(answer.status, status);
      assert.ok(answer.body.toString().includes(text), answer.body.toString());
    });
  }

  test('never leads to a host that the request names', async () => {
    for (const path of [
      '/host?to=%2Fevil.example',
      '/host?to=%2F%2Fevil.example',
      '/host?to=%5Cevil.example',
      '/two?a=&b=evil.example',
      '/host?to=%0d%0aSet-Cookie:x',
    ]) {
      const { status, headers } = await get(path);
      assert.equal(status, 302, path);
      assert.match(headers['location'] ?? '', /^\/[^/\\]/);
      assert.equal(headers['set-cookie'], undefined);
    }
  });

  test('conditions and ranges hold for a rewritten page as for any', async () => {
    const { headers } = await get('/app/view');
    const again = await get('/app/view', { 'if-none-match': headers['etag'] ?? '' });
    assert.equal(again.status, 304);
    const part = await get('/app/view', { range: 'bytes=0-8' });
    assert.deepEqual([part.status, part.body.toString()], [206, '<!doctype']);
  });
});

describe('_headers', () => {
  test('adds to every answer at its paths, and joins what may be joined', async () => {
    const { headers } = await get('/');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['content-security-policy'], "default-src 'self'");
    assert.equal(headers['link'], '</all.css>; rel=preload');
    const about = await get('/about');
    assert.equal(about.headers['link'], '</all.css>; rel=preload, </about.css>; rel=preload');
    assert.equal(about.headers['x-frame-options'], 'SAMEORIGIN');
    assert.equal(about.headers['content-security-policy'], undefined);
    assert.equal(about.headers['x-content-type-options'], 'nosniff');
  });

  test('goes before the lifetime that a file has of itself, also in 304', async () => {
    const answer = await get('/assets/app-a1b2c3d4.js');
    assert.equal(answer.headers['cache-control'], 'public, max-age=60');
    const again = await get('/assets/app-a1b2c3d4.js', {
      'if-none-match': answer.headers['etag'] ?? '',
    });
    assert.deepEqual([again.status, again.headers['cache-control']], [304, 'public, max-age=60']);
  });

  test('holds for redirects and for the page that says there is nothing', async () => {
    const redirect = await get('/give');
    assert.equal(redirect.headers['cache-control'], 'public, max-age=300');
    const nothing = await get('/nowhere');
    assert.deepEqual([nothing.status, nothing.headers['x-frame-options']], [404, 'DENY']);
  });
});

test('the rule files are never served, and a change of them is a release', async () => {
  for (const path of ['/_redirects', '/_headers']) assert.equal((await get(path)).status, 404);
  const before = (await site.pointer()).release;
  const { changed } = await site.publish({ ...files, _redirects: '/give /about 302' });
  assert.equal(changed, true);
  assert.notEqual((await site.pointer()).release, before);
  await eventually('the new redirect is in force', async () => {
    const { headers } = await get('/give');
    return headers['location'] === '/about';
  });
  const { body, headers } = await get('/data.json');
  assert.equal(body.toString(), '{}', 'what was forced is forced no more');
  assert.equal(headers['content-type'], 'application/manifest+json');
  assert.match(headers['vary'] ?? '', /Origin$/);
});

test('a folder whose rules are wrong is refused with every line; the old one stays', async () => {
  const before = await site.pointer();
  await assert.rejects(site.publish({ ...files, _redirects: '/a\n/b /c 999\n/ok /about' }), {
    code: 'frontend-rules-invalid',
    message: /home cannot be published:\n_redirects:1: \/a leads nowhere.\n_redirects:2: 999/,
  });
  assert.deepEqual(await site.pointer(), before);
});

test('below a prefix, rules are whole paths, as browsers ask for them', async () => {
  const below = await startFrontendSite(
    {
      'index.html': page('donate'),
      'thanks.html': page('thanks'),
      _redirects: '/donate/old /donate/\n/donate/out /\n/donate/done /donate/thanks 200',
      _headers: '/donate/*\n  X-A: b\n/*\n  X-B: c',
    },
    { prefix: '/donate', depth: 1 },
  );
  const answer = async (path: string) => rawGet(below.origin, path);
  assert.equal((await answer('/donate/old')).headers['location'], '/donate/');
  assert.equal((await answer('/donate/out')).headers['location'], '/');
  const { headers, body } = await answer('/donate/done');
  assert.match(body.toString(), /thanks/);
  assert.deepEqual([headers['x-a'], headers['x-b']], ['b', 'c']);
});
