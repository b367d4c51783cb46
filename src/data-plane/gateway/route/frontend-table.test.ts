import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import type { FrontendRoute } from '../../../derive/routes/route-table.ts';
import { createFrontendTable } from './frontend-table.ts';

function frontend(prefix: string, hosts: readonly string[] = []): FrontendRoute {
  const depth = prefix === '/' ? 0 : prefix.split('/').length - 1;
  const name = `${prefix} ${hosts.join()}`;
  return { frontend: name, prefix, depth, hosts, fallback: null, notFound: null, cacheMs: 0 };
}

/** One after the other, as the table is meant. */
function plainly(
  frontends: readonly FrontendRoute[],
  host: string,
  path: string,
): FrontendRoute | null {
  const matches = ({ prefix, hosts }: FrontendRoute): boolean =>
    (hosts.length === 0 || hosts.includes(host)) &&
    (prefix === '/' || path === prefix || path.startsWith(`${prefix}/`));
  return frontends.find(matches) ?? null;
}

test('finds what looking at one after the other finds', () => {
  const { seed } = testSeed('frontends');
  const segment = fc.constantFrom('a', 'b', 'ab', 'a-b');
  const prefix = fc.array(segment, { maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
  const host = fc.constantFrom('one.example', 'two.example');
  const table = fc.array(fc.tuple(prefix, fc.array(host, { maxLength: 2 })), { maxLength: 12 });
  const path = fc
    .tuple(fc.array(segment, { maxLength: 5 }), fc.constantFrom('', '/'))
    .map(([parts, end]) => (parts.length === 0 ? '/' : `/${parts.join('/')}${end}`));
  fc.assert(
    fc.property(table, host, path, (rows, asked, at) => {
      const frontends = rows.map(([prefix, hosts]) => frontend(prefix, hosts));
      const found = createFrontendTable(frontends).find(asked, at);
      assert.equal(found, plainly(frontends, asked, at));
    }),
    { seed, numRuns: 2_000 },
  );
});
