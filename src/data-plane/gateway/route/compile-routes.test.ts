import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { FrontendRoute, Route } from '../../../derive/routes/route-table.ts';
import { compareRoutes, depthOf } from '../../../derive/routes/specificity.ts';
import { createTimerWheel } from '../../../lib/timer-wheel.ts';
import { plainConfiguration } from '../../../../tests/support/site-worker.ts';
import { testSeed } from '../../../../tests/support/seed.ts';
import { createServices } from '../services.ts';
import { type CompiledRoutes, compileRoutes, type Side } from './compile-routes.ts';
import { silentPolicy } from './silent-policy.ts';

function route(text: string, parts: Partial<Route> = {}): Partial<Route> {
  const [method = '', path = ''] = text.split(' ');
  return { method, path, depth: depthOf(path), feature: text, ...parts };
}

function page(prefix: string): FrontendRoute {
  const depth = depthOf(prefix);
  return { frontend: prefix, prefix, depth, hosts: [], fallback: null, notFound: null, cacheMs: 0 };
}

function compile(
  routes: readonly Partial<Route>[],
  frontends: readonly FrontendRoute[] = [],
  side: Side = 'public',
): CompiledRoutes {
  const services = createServices(createTimerWheel(0, 10));
  const table = plainConfiguration(routes).routes;
  const sorted = { ...table, frontends, routes: [...table.routes].sort(compareRoutes) };
  const cache = { kind: 'none', missingMs: null } as const;
  const termsOf = ({ service, feature }: Route) => ({
    service: services.get(service),
    policy: silentPolicy(feature),
    ladder: null,
    switched: { inForce: null, untilMs: null },
    limitInFlight: 1,
    circuits: services.circuits.of(service, feature),
    bulkhead: null,
    cache,
    query: null,
  });
  return compileRoutes(sorted, termsOf, side);
}

/** What takes a request, in one word. */
function taker(routes: CompiledRoutes, method: string, path: string, host = 'any'): string {
  const match = routes.match(host, method, path);
  if (match.kind === 'route') return match.route.feature;
  if (match.kind === 'frontend') return `page ${match.frontend.prefix}`;
  return match.kind === 'other-method' ? `405 ${match.allow.join(' ')}` : '404';
}

describe('compiled routes find what the table says', () => {
  it('agree with trying the table from top to bottom', () => {
    const { seed } = testSeed('compiled routes');
    const segment = fc.constantFrom('a', 'b', 'c');
    const pattern = fc
      .tuple(
        fc.array(fc.constantFrom('a', 'b', ':x', ':y'), { maxLength: 4 }),
        fc.constantFrom('', '/**'),
      )
      .map(([parts, rest]) => `/${parts.join('/')}`.replace(/^\/$/, rest === '' ? '/' : '') + rest);
    const routes = fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('GET', 'POST', 'ANY', 'HEAD'), pattern, fc.constantFrom([], ['h']))
        .map(([method, path, hosts]) => route(`${method} ${path}`, { hosts })),
      {
        maxLength: 14,
        selector: ({ method, path, hosts }) => `${method} ${path} ${String(hosts)}`,
      },
    );
    const asked = fc.tuple(
      fc.constantFrom('GET', 'POST', 'PUT'),
      fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
      fc.constantFrom('h', 'other'),
    );
    fc.assert(
      fc.property(routes, asked, (routes, [method, path, host]) => {
        const table = [...plainConfiguration(routes).routes.routes].sort(compareRoutes);
        const first = table.find(
          (each) =>
            (each.hosts.length === 0 || each.hosts.includes(host)) &&
            (each.method === 'ANY' || each.method === method) &&
            matches(each.path, path),
        );
        const found = taker(compile(routes), method, path, host);
        if (first === undefined) assert.match(found, /^40[45]/);
        else assert.equal(found, first.feature);
      }),
      { seed, numRuns: 500 },
    );
  });

  it('answer HEAD where GET is declared, and name both for another method', () => {
    const routes = compile([route('GET /a'), route('PUT /a')]);
    assert.equal(taker(routes, 'HEAD', '/a'), 'GET /a');
    assert.equal(taker(routes, 'POST', '/a'), '405 GET HEAD PUT');
  });

  it('take another pattern before they refuse a method', () => {
    const routes = compile([route('GET /a'), route('POST /**')]);
    assert.equal(taker(routes, 'POST', '/a'), 'POST /**');
  });

  it('tell a path with a trailing slash from one without', () => {
    const routes = compile([route('GET /a'), route('GET /b/**')]);
    assert.equal(taker(routes, 'GET', '/a/'), '404');
    assert.deepEqual(
      ['/b', '/b/', '/b/c/d'].map((path) => taker(routes, 'GET', path)),
      ['GET /b/**', 'GET /b/**', 'GET /b/**'],
    );
  });

  it('never reach internal features', () => {
    const routes = compile([route('ANY /inside/**', { internal: true })]);
    assert.equal(taker(routes, 'GET', '/inside/secret'), '404');
  });

  it('hand nothing of an internal feature to a wider public one', () => {
    const routes = compile([
      route('GET /inside/**', { internal: true }),
      route('POST /inside/hook'),
      route('ANY /**'),
    ]);
    assert.equal(taker(routes, 'GET', '/inside/secret'), '404');
    assert.equal(taker(routes, 'HEAD', '/inside/secret'), '404');
    assert.equal(taker(routes, 'GET', '/inside/hook'), '405 POST');
    assert.equal(taker(routes, 'POST', '/inside/hook'), 'POST /inside/hook');
    assert.equal(taker(routes, 'GET', '/outside'), 'ANY /**');
  });

  it('leave the pages where an internal feature is', () => {
    const routes = compile([route('GET /inside/**', { internal: true })], [page('/')]);
    assert.equal(taker(routes, 'GET', '/inside/secret'), 'page /');
  });
});

describe('pages and routes share the paths', () => {
  const routes = compile(
    [route('ANY /**'), route('POST /donate'), route('POST /api/donations')],
    [page('/donate')],
  );

  it('the deeper claim wins', () => {
    assert.equal(taker(routes, 'GET', '/donate/thanks'), 'page /donate');
    assert.equal(taker(routes, 'GET', '/elsewhere'), 'ANY /**');
    assert.equal(taker(routes, 'POST', '/donate'), 'POST /donate');
  });

  it('a page is read where a route of the same depth takes only writes', () => {
    const routes = compile(
      [route('POST /donate'), route('POST /api/donations')],
      [page('/donate'), page('/')],
    );
    assert.equal(taker(routes, 'GET', '/donate'), 'page /donate');
    assert.equal(taker(routes, 'GET', '/api/donations'), '405 POST');
    assert.equal(taker(routes, 'GET', '/api/other'), 'page /');
    assert.equal(taker(routes, 'GET', '/donated'), 'page /');
  });
});

describe('a rewrite exchanges a prefix', () => {
  it('only where the prefix ends with a segment', () => {
    const routes = compile([route('ANY /**', { rewrite: { strip: '/api', add: '/v2' } })]);
    const match = routes.match('any', 'GET', '/');
    assert.ok(match.kind === 'route');
    assert.deepEqual(['/api/x', '/api', '/apis'].map(match.route.rewrite), [
      '/v2/x',
      '/v2',
      '/apis',
    ]);
  });

  it('never makes an empty path', () => {
    const routes = compile([route('ANY /**', { rewrite: { strip: '/api', add: '/' } })]);
    const match = routes.match('any', 'GET', '/');
    assert.ok(match.kind === 'route');
    assert.deepEqual(['/api', '/api/x'].map(match.route.rewrite), ['/', '/x']);
  });
});

/** The oracle: one pattern against one path, segment by segment. */
function matches(pattern: string, path: string): boolean {
  const want = pattern === '/' ? [] : pattern.slice(1).split('/');
  const have = path === '/' ? [] : path.slice(1).split('/');
  for (const [i, segment] of want.entries()) {
    if (segment === '**') return true;
    const value = have[i];
    if (value === undefined || (!segment.startsWith(':') && segment !== value)) return false;
  }
  return want.length === have.length;
}
