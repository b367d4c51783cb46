import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  siteFeature,
  siteFrontend,
  siteModel,
  siteService,
} from '../../../tests/support/site-model.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { deriveRoutes } from './derive-routes.ts';
import { compareRoutes } from './specificity.ts';
import type { Route } from './route-table.ts';

function ordered(routes: readonly string[]): readonly string[] {
  const model = siteModel([siteService('shop', { features: [siteFeature('all', routes)] })]);
  return deriveRoutes(model).routes.map(({ method, path }) => `${method} ${path}`);
}

describe('routes are tried in an order in which the first match is the right one', () => {
  it('puts a literal before a parameter before the rest', () => {
    assert.deepEqual(ordered(['GET /a/**', 'GET /a/:id', 'GET /a/b']), [
      'GET /a/b',
      'GET /a/:id',
      'GET /a/**',
    ]);
  });

  it('lets the first segment that differs decide, however long the paths are', () => {
    assert.deepEqual(ordered(['GET /:x/b/c/d', 'GET /a/**']), ['GET /a/**', 'GET /:x/b/c/d']);
  });

  it('puts a path that ends before one that goes on', () => {
    assert.deepEqual(ordered(['GET /a/**', 'GET /a']), ['GET /a', 'GET /a/**']);
  });

  it('puts a named method before ANY at the same path, and a better path before both', () => {
    assert.deepEqual(ordered(['ANY /a', 'POST /a', 'ANY /a/b']), ['POST /a', 'ANY /a', 'ANY /a/b']);
  });

  it('treats parameters alike whatever they are called', () => {
    assert.deepEqual(ordered(['GET /:a/:z/**', 'GET /:b/new']), ['GET /:b/new', 'GET /:a/:z/**']);
  });

  it('puts routes of named hosts before those of any host', () => {
    const features = [
      siteFeature('any', ['GET /a/b']),
      siteFeature('named', ['GET /**'], { hosts: ['shop.example'] }),
    ];
    const table = deriveRoutes(siteModel([siteService('shop', { features })]));
    assert.deepEqual(
      table.routes.map((route) => route.feature),
      ['shop.named', 'shop.any'],
    );
  });

  it('is one order, whatever order the manifests had', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', ':x', ':y', '**'), { maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    const route = fc
      .tuple(fc.constantFrom('GET', 'POST', 'ANY'), path)
      .map((pair) => pair.join(' '));
    const lists = fc
      .uniqueArray(route, { maxLength: 12 })
      .chain((routes) =>
        fc.tuple(
          fc.constant(routes),
          fc.shuffledSubarray(routes, { minLength: routes.length, maxLength: routes.length }),
        ),
      );
    fc.assert(
      fc.property(lists, ([routes, shuffled]) => {
        assert.deepEqual(ordered(shuffled), ordered(routes));
      }),
      { seed: testSeed('order of routes').seed },
    );
  });

  it('compares consistently: what comes before in pairs comes before in the whole', () => {
    const model = siteModel([
      siteService('shop', {
        features: [
          siteFeature('all', ['GET /a/:x/c', 'GET /a/b/**', 'GET /:x/b', 'ANY /**', 'GET /']),
        ],
      }),
    ]);
    const routes: readonly Route[] = deriveRoutes(model).routes;
    for (const [i, route] of routes.entries()) {
      for (const later of routes.slice(i + 1)) assert.ok(compareRoutes(route, later) < 0);
    }
  });
});

describe('frontends and routes share the paths of a site', () => {
  it('says how deep each claim is', () => {
    const features = [siteFeature('all', ['GET /**', 'GET /api/a/:id', 'GET /'])];
    const frontends = [siteFrontend('give', '/give/now')];
    const table = deriveRoutes(siteModel([siteService('shop', { features })], { frontends }));
    assert.deepEqual(
      table.routes.map(({ path, depth }) => [path, depth]),
      [
        ['/', 0],
        ['/api/a/:id', 2],
        ['/**', 0],
      ],
    );
    assert.deepEqual(
      table.frontends.map(({ prefix, depth }) => [prefix, depth]),
      [['/give/now', 2]],
    );
  });

  it('tries the deepest frontend first', () => {
    const frontends = [
      siteFrontend('home', '/'),
      siteFrontend('give', '/give'),
      siteFrontend('thanks', '/give/thanks'),
    ];
    const table = deriveRoutes(siteModel([], { frontends }));
    assert.deepEqual(
      table.frontends.map((frontend) => frontend.frontend),
      ['thanks', 'give', 'home'],
    );
  });
});
