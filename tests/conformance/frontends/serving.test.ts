import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { startFrontendSite } from '../../support/frontend-site.ts';
import { rawGet } from '../../support/raw-get.ts';

const page = `<!doctype html><title>Home</title>${'<p>Vote on Tuesday.</p>'.repeat(100)}`;
const places = Array.from({ length: 300 }, (_, i) => i);
const script = `export const places = ${JSON.stringify(places)};\n`;
const photo = Buffer.from(Array.from({ length: 3_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
const navigation = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const files = {
  'index.html': page,
  '404.html': '<!doctype html><title>Nothing here</title>',
  'about.html': '<!doctype html><title>About</title>',
  'help/index.html': '<!doctype html><title>Help</title>',
  'assets/app-3f2a9b1c.js': script,
  'assets/plain.js': script,
  'photo.jpg': photo,
  'empty.txt': '',
  'mañana día.txt': 'hola',
  '.env': 'SECRET=1',
  '.git/config': 'private',
  '.well-known/security.txt': 'Contact: mailto:security@example.org',
};

const home = await startFrontendSite(files, { notFound: '404.html' });
const application = await startFrontendSite(files, {
  prefix: '/donate',
  depth: 1,
  fallback: 'index.html',
  cacheMs: 0,
});

describe('what stands where', () => {
  const cases: readonly (readonly [path: string, status: number, type: string])[] = [
    ['/', 200, 'text/html; charset=utf-8'],
    ['/index.html', 200, 'text/html; charset=utf-8'],
    ['/about', 200, 'text/html; charset=utf-8'],
    ['/about.html', 200, 'text/html; charset=utf-8'],
    ['/help/', 200, 'text/html; charset=utf-8'],
    ['/assets/plain.js', 200, 'text/javascript; charset=utf-8'],
    ['/photo.jpg', 200, 'image/jpeg'],
    ['/photo.jpg?width=100', 200, 'image/jpeg'],
    ['/empty.txt', 200, 'text/plain; charset=utf-8'],
    ['/ma%C3%B1ana%20d%C3%ADa.txt', 200, 'text/plain; charset=utf-8'],
    ['/.well-known/security.txt', 200, 'text/plain; charset=utf-8'],
    ['/nothing', 404, 'text/html; charset=utf-8'],
    ['/about/', 404, 'text/html; charset=utf-8'],
    ['/assets/', 404, 'text/html; charset=utf-8'],
    ['/.env', 404, 'text/html; charset=utf-8'],
    ['/.git/config', 404, 'text/html; charset=utf-8'],
    ['/help%2Findex.html', 404, 'text/html; charset=utf-8'],
    ['/INDEX.HTML', 404, 'text/html; charset=utf-8'],
  ];
  for (const [path, status, type] of cases) {
    test(`${path} answers ${status}`, async () => {
      const answer = await rawGet(home.origin, path);
      assert.equal(answer.status, status);
      assert.equal(answer.headers['content-type'], type);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    });
  }

  for (const path of [
    '/../files/.env',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..\\..\\x',
  ]) {
    test(`${path} leads nowhere`, async () => {
      const answer = await rawGet(home.origin, path);
      assert.ok(answer.status === 404 || answer.status === 400, String(answer.status));
    });
  }

  test('a folder asked for without its slash is sent to it, query and all', async () => {
    const answer = await rawGet(home.origin, '/help?from=mail');
    assert.equal(answer.status, 308);
    assert.equal(answer.headers['location'], '/help/?from=mail');
  });

  test('the prefix itself is a folder', async () => {
    const bare = await rawGet(application.origin, '/donate');
    assert.deepEqual([bare.status, bare.headers['location']], [308, '/donate/']);
    const page = await rawGet(application.origin, '/donate/');
    assert.equal(page.status, 200);
  });

  test('files are read, not written to', async () => {
    const answer = await rawGet(home.origin, '/', {}, 'POST');
    assert.equal(answer.status, 405);
    assert.equal(answer.headers['allow'], 'GET, HEAD');
  });

  test('HEAD says what GET would, without a body', async () => {
    const headers = { 'accept-encoding': 'br' };
    const get = await rawGet(home.origin, '/', headers);
    const head = await rawGet(home.origin, '/', headers, 'HEAD');
    assert.equal(head.body.length, 0);
    for (const own of ['date', 'x-request-id']) {
      delete head.headers[own];
      delete get.headers[own];
    }
    assert.deepEqual(head.headers, get.headers);
  });
});

describe('a single-page application', () => {
  test('answers navigations that match no file with its page', async () => {
    const answer = await rawGet(application.origin, '/donate/step/2', navigation);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), page);
    assert.match(answer.headers['vary'] ?? '', /\baccept\b/);
  });

  test('answers a missing asset with 404, so that a broken release is not hidden', async () => {
    const answer = await rawGet(application.origin, '/donate/assets/gone.js', { accept: '*/*' });
    assert.equal(answer.status, 404);
    assert.match(answer.body.toString(), /Nothing here/, 'the usual 404.html, unasked');
  });
});

describe('caching', () => {
  const cases: readonly (readonly [path: string, wanted: string])[] = [
    ['/assets/app-3f2a9b1c.js', 'public, max-age=31536000, immutable'],
    ['/assets/plain.js', 'public, max-age=60'],
    ['/', 'no-cache'],
    ['/nothing', 'no-cache'],
  ];
  for (const [path, wanted] of cases) {
    test(`${path} is kept as ${wanted}`, async () => {
      const answer = await rawGet(home.origin, path);
      assert.equal(answer.headers['cache-control'], wanted);
    });
  }

  test('no lifetime in site.yaml means that clients ask each time', async () => {
    const answer = await rawGet(application.origin, '/donate/assets/plain.js');
    assert.equal(answer.headers['cache-control'], 'no-cache');
  });
});

describe('encodings', () => {
  const decoders = {
    br: brotliDecompressSync,
    zstd: zstdDecompressSync,
    gzip: gunzipSync,
  };
  for (const [coding, decode] of Object.entries(decoders)) {
    test(`${coding} decodes to the file, under an ETag of its own`, async () => {
      const plain = await rawGet(home.origin, '/');
      const encoded = await rawGet(home.origin, '/', { 'accept-encoding': coding });
      assert.equal(encoded.headers['content-encoding'], coding);
      assert.equal(encoded.headers['vary'], 'accept-encoding');
      assert.equal(decode(encoded.body).toString(), page);
      assert.equal(encoded.headers['content-length'], String(encoded.body.length));
      assert.notEqual(encoded.headers['etag'], plain.headers['etag']);
    });
  }

  test('of what the client wants equally, the smallest is sent', async () => {
    const all = await rawGet(home.origin, '/', { 'accept-encoding': 'gzip, br, zstd' });
    for (const coding of Object.keys(decoders)) {
      const one = await rawGet(home.origin, '/', { 'accept-encoding': coding });
      assert.ok(all.body.length <= one.body.length, coding);
    }
  });

  test('a client that prefers gzip gets gzip', async () => {
    const answer = await rawGet(home.origin, '/', { 'accept-encoding': 'br;q=0.5, gzip' });
    assert.equal(answer.headers['content-encoding'], 'gzip');
  });

  test('what does not compress is sent as it is, and does not vary', async () => {
    const answer = await rawGet(home.origin, '/photo.jpg', { 'accept-encoding': 'gzip, br, zstd' });
    assert.equal(answer.headers['content-encoding'], undefined);
    assert.equal(answer.headers['vary'], undefined);
    assert.deepEqual(answer.body, photo);
  });
});
