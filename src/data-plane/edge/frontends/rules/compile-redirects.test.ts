import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRedirects } from './compile-redirects.ts';

const rule = { line: 1, status: 301, force: false } as const;
const redirects = compileRedirects(
  [
    { ...rule, from: '/store', query: { id: ':id' }, to: '/blog/:id' },
    { ...rule, from: '/find', query: { q: ':q' }, to: '/search?for=:q' },
    { ...rule, from: '/out', query: { to: ':to' }, to: 'https://cdn.example/public/:to' },
    { ...rule, from: '/old/*', query: {}, to: '/new/:splat' },
    { ...rule, from: '/up', query: {}, to: '/a/../b' },
  ],
  false,
);

function locationOf(path: string, query: string | null): string | null {
  return redirects.find(path, query)?.to ?? null;
}

test('what is filled in stays in its place', () => {
  assert.equal(locationOf('/store', 'id=7'), '/blog/7');
  assert.equal(locationOf('/store', 'id=2026/spring'), '/blog/2026/spring');
  assert.equal(locationOf('/store', 'id=..a'), '/blog/..a');
  assert.equal(locationOf('/find', 'q=..'), '/search?for=..');
  assert.equal(locationOf('/old/a/b', null), '/new/a/b');
  assert.equal(locationOf('/up', null), '/a/../b', 'as it was written');
});

test('what would lead out of its place leads nowhere', () => {
  for (const id of ['..', '.', '../admin', 'a/../../admin', '..%2Fadmin', '%2e%2e/admin', 'a/..']) {
    assert.equal(locationOf('/store', `id=${id}`), null, id);
    assert.equal(locationOf('/out', `to=${id}`), null, id);
  }
  assert.equal(locationOf('/old/../admin', null), null);
  assert.equal(locationOf('/store', 'id=..%5Cadmin'), '/blog/..%5Cadmin');
});
