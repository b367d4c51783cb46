import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PURGES_PREFIX, type Purge, type PurgeTarget } from '../../../src/contract/keys.ts';
import { startCachedSite, type CachedSite } from '../../support/cached-site.ts';

let purges = 0;

/** As the controller does it; resolves once the worker has done it. */
async function purge({ site }: CachedSite, what: PurgeTarget, isSoft = false): Promise<void> {
  const done = (): number => site.logged.filter(({ message }) => message === 'Purged').length;
  const before = done();
  const began = performance.now();
  await site.state.put(`${PURGES_PREFIX}${++purges}`, { what, isSoft } satisfies Purge);
  while (done() === before) {
    assert.ok(performance.now() - began < 2_000, 'the worker hears of it');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function startVersions(): Promise<CachedSite> {
  const versions = new Map<string, number>();
  return startCachedSite((request, response) => {
    const url = `${request.headers.host}${request.url}`;
    versions.set(url, (versions.get(url) ?? 0) + 1);
    const headers = { 'cache-control': 'max-age=60', 'surrogate-key': `all page${request.url}` };
    response.writeHead(200, headers).end(`version ${versions.get(url)}`);
  });
}

const cases: readonly (readonly [string, PurgeTarget, readonly string[]])[] = [
  ['a path', { kind: 'path', path: '/a', host: null, isPrefix: false }, ['/a']],
  [
    'a path with its query',
    { kind: 'path', path: '/a?x=1', host: null, isPrefix: false },
    ['/a?x=1'],
  ],
  [
    'all that begin so',
    { kind: 'path', path: '/a', host: null, isPrefix: true },
    ['/a', '/a?x=1', '/ab'],
  ],
  [
    'a path of this host',
    { kind: 'path', path: '/a', host: 'site.example', isPrefix: false },
    ['/a'],
  ],
  ['a path of another host', { kind: 'path', path: '/a', host: 'site', isPrefix: true }, []],
  ['a key', { kind: 'key', key: 'page/b' }, ['/b']],
  ['a key of all', { kind: 'key', key: 'all' }, ['/a', '/a?x=1', '/ab', '/b']],
  ['everything', { kind: 'all' }, ['/a', '/a?x=1', '/ab', '/b']],
];

describe('a purge', () => {
  for (const [claim, target, gone] of cases) {
    it(`by ${claim} takes out what it means, and nothing else`, async () => {
      await using site = await startVersions();
      const paths = ['/a', '/a?x=1', '/ab', '/b'];
      for (const path of paths) await site.ask(path);
      await purge(site, target);
      for (const path of paths) {
        const { body } = await site.ask(path);
        assert.equal(body, gone.includes(path) ? 'version 2' : 'version 1', path);
      }
    });
  }

  it('that is soft leaves what may stand in while nobody answers', async () => {
    let isGone = false;
    await using site = await startCachedSite((request, response) => {
      if (isGone) request.socket.destroy();
      else response.writeHead(200, { 'cache-control': 'max-age=60' }).end('the page');
    });
    await site.ask('/');
    await purge(site, { kind: 'all' }, true);
    isGone = true;
    const { status, body, did } = await site.ask('/');
    assert.deepEqual([status, body, did], [200, 'the page', 'fwd=stale']);
    isGone = false;
    assert.equal((await site.ask('/')).did, 'fwd=stale', 'it is asked for anew');
    assert.equal((await site.ask('/')).did, 'hit');
  });
});
