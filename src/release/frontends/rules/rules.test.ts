import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHeaders } from './parse-headers.ts';
import { parseRedirects } from './parse-redirects.ts';
import type { RulePlace } from './rule-file.ts';

const files = new Set(['index.html', 'about.html', 'news/index.html', '404.html']);
const root: RulePlace = {
  frontend: 'home',
  prefix: '/',
  fallback: null,
  notFound: null,
  has: (path) => files.has(path),
};
const donate: RulePlace = { ...root, prefix: '/donate' };

test('a redirect is read with its status, force, parameters and comment', () => {
  const text = `
# old addresses
/give            /donate
/store id=:id kind=book  /books/:id  302   # the shop
/news/:year/*    /archive/:year/:splat  307
/about           /index.html  200!
/caf%C3%A9       https://example.com/x?y=1#z 308
`;
  const { rules, problems, warnings } = parseRedirects(text, root);
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, []);
  assert.deepEqual(rules, [
    { line: 3, from: '/give', query: {}, to: '/donate', status: 301, force: false },
    {
      line: 4,
      from: '/store',
      query: { id: ':id', kind: 'book' },
      to: '/books/:id',
      status: 302,
      force: false,
    },
    {
      line: 5,
      from: '/news/:year/*',
      query: {},
      to: '/archive/:year/:splat',
      status: 307,
      force: false,
    },
    { line: 6, from: '/about', query: {}, to: '/index.html', status: 200, force: true },
    {
      line: 7,
      from: '/caf\u00e9',
      query: {},
      to: 'https://example.com/x?y=1#z',
      status: 308,
      force: false,
    },
  ]);
});

test('every redirect that cannot work is refused with its line and a remedy', () => {
  for (const [text, message, place] of [
    ['/old', /leads nowhere/],
    ['old /new', /old is no path/],
    ['/a/:x/:x /new', /is no path/],
    ['/a%zz /new', /is no path/],
    ['/a?b=c /new', /is no path/],
    ['https://a.example/ /new', /names a host/],
    ['/a*b /new', /\* that is not its end/],
    ['/*/b /new', /\* that is not its end/],
    ['/old /new 418', /418 is no status/],
    ['/old /new 301 Country=us', /Country=us behind the status/],
    ['/old nonsense /new', /nonsense is no parameter/],
    ['/old /new/:id', /:id stands in .* and not in/],
    ['/:x https://:x.example/', /lets whoever asks say which host/],
    ['/old //evil.example/', /is no address/],
    ['/old https://', /is no address/],
    ['/old https://example.com/ 200', /a file of the frontend is shown/],
    ['/old /nowhere.html 200', /no file stands at \/nowhere.html/],
    ['/old /old', /leads to itself/],
    ['/a /b\n/b /c\n/c /a', /\/a leads back to itself by lines 2, 3/],
    ['/* /x 302!', /leads back to itself|leads to itself/],
    ['/old /new', /lies outside \/donate/, donate],
    ['/donated /donate/new', /lies outside \/donate/, donate],
    ['/* /index.html 200', /both say/, { ...root, fallback: 'index.html' }],
    ['/* /404.html 404', /both say/, { ...root, notFound: '404.html' }],
    [`/${'x'.repeat(1_000)} /new`, /characters/],
    [Array.from({ length: 102 }, (_, n) => `/${n}/* /new`).join('\n'), /more than 2000 plain/],
    [Array.from({ length: 2_002 }, (_, n) => `/${n} /new`).join('\n'), /more than 2000 plain/],
  ] as const) {
    const { problems } = parseRedirects(text, place ?? root);
    assert.equal(problems.length, 1, `${text.slice(0, 80)}: ${JSON.stringify(problems)}`);
    assert.match(problems[0]?.message ?? '', message);
    assert.notEqual(problems[0]?.remedy ?? '', '');
    assert.ok((problems[0]?.line ?? 0) > 0);
  }
});

test('a redirect that a file hides is warned of, and one below its prefix is taken', () => {
  const hidden = parseRedirects('/about /news\n/about /news 301!', root);
  assert.deepEqual(
    hidden.warnings.map(({ line }) => line),
    [1],
  );
  const { problems } = parseRedirects('/donate/old /donate/about 200\n/donate /x', donate);
  assert.deepEqual(problems, []);
});

test('headers are read by path, with what is taken away', () => {
  const text = `
# for all
/*
  X-Frame-Options: DENY
  Link: </a.css>; rel=preload
  Link: </b.js>; rel=preload

/assets/*
  Cache-Control: public, max-age=600
  ! Link
`;
  const { rules, problems } = parseHeaders(text, root);
  assert.deepEqual(problems, []);
  assert.deepEqual(rules, [
    {
      line: 3,
      path: '/*',
      changes: [
        ['x-frame-options', 'DENY'],
        ['link', '</a.css>; rel=preload'],
        ['link', '</b.js>; rel=preload'],
      ],
    },
    {
      line: 8,
      path: '/assets/*',
      changes: [
        ['cache-control', 'public, max-age=600'],
        ['link', null],
      ],
    },
  ]);
});

test('every header that cannot be sent is refused with its line and a remedy', () => {
  for (const [text, message, place] of [
    ['  X-A: b', /stands under no path/],
    ['/*\n  X A: b', /is no header/],
    ['/*\n  no colon', /is no header/],
    ['/*\n  X-A: caf\u00e9', /is no header/],
    ['/*\n  Set-Cookie: a=b', /cannot set a cookie/],
    ['/*\n  Content-Length: 3', /follows from the answer/],
    ['/*\n  X-Turnout-Thing: 3', /follows from the answer/],
    ['/*\n  ! Vary', /cannot be taken away/],
    ['a/*\n  X-A: b', /is no path/],
    ['/*/*\n  X-A: b', /is no path/],
    ['https://a.example/*\n  X-A: b', /names a host/],
    ['/other/*\n  X-A: b', /lies outside \/donate/, donate],
    [`/*\n  X-A: ${'b'.repeat(2_000)}`, /characters/],
    [Array.from({ length: 101 }, (_, n) => `/${n}\n  X-A: b`).join('\n'), /more than 100 paths/],
  ] as const) {
    const { problems } = parseHeaders(text, place ?? root);
    assert.equal(problems.length, 1, `${text.slice(0, 80)}: ${JSON.stringify(problems)}`);
    assert.match(problems[0]?.message ?? '', message);
    assert.notEqual(problems[0]?.remedy ?? '', '');
  }
});

test('a target without a host of its own would let whoever asks say which', () => {
  for (const to of [
    'https:///:splat',
    'http://',
    'https://?x',
    '//:splat',
    '/\\:splat',
    'https://#x',
  ]) {
    const { problems } = parseRedirects(`/go/* ${to}`, root);
    assert.match(problems[0]?.message ?? '', /is no address|lets whoever asks/, to);
  }
});
