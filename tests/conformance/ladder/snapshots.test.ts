import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import { PURGES_PREFIX, purgeName } from '../../../src/contract/keys.ts';
import { SNAPSHOTS_PREFIX, type SnapshotRecord } from '../../../src/contract/snapshots.ts';
import { eventually } from '../../support/eventually.ts';
import { failing, type LadderedSite, startLadderedSite } from '../../support/laddered-site.ts';

const file = 'services/shop/total.json';
const options = {
  path: '/total',
  files: { [file]: '{"raised":null}' },
  snapshotEveryMs: 50,
  cache: { kind: 'none' },
} as const;
const ladder = { otherwise: [`static ${file}`] };

function json(body: string, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  };
}

async function records(site: LadderedSite): Promise<readonly SnapshotRecord[]> {
  const entries = await site.site.state.list(SNAPSHOTS_PREFIX);
  return entries.map(({ value }) => value as SnapshotRecord);
}

/** What the site tells while its service fails. */
async function whileFailing(site: LadderedSite): Promise<string> {
  site.answerBy(failing());
  const { status, body } = await site.ask('/total');
  assert.equal(status, 200);
  return body;
}

async function untilTaken(site: LadderedSite, sinceMs = 0): Promise<SnapshotRecord> {
  const [record] = await eventually('a snapshot is taken', async () => {
    const taken = (await records(site)).filter(({ atMs }) => atMs > sinceMs);
    return taken.length > 0 ? taken : null;
  });
  return record as SnapshotRecord;
}

describe('a static rung has the newest good answer, though nobody ever asked', () => {
  it('which the site asks for by itself, and the file only where there is none', async () => {
    await using site = await startLadderedSite(ladder, options);
    assert.equal(await whileFailing(site), '{"raised":null}');
    site.answerBy(json('{"raised":7}'));
    await untilTaken(site);
    await eventually('it is there', async () => (await whileFailing(site)) === '{"raised":7}');
    const answer = await site.ask('/total');
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.match(answer.headers['age'] ?? '', /^\d+$/);
    assert.match(String(answer.headers['cache-status']), /detail=static/);
    assert.equal((await site.ask('/total?of=all')).body, '{"raised":null}');
  });

  it('that is found again after a restart, by a worker that is started anew', async () => {
    const site = await startLadderedSite(ladder, options);
    site.answerBy(json('{"raised":7}'));
    await untilTaken(site);
    await eventually('it is there', async () => (await whileFailing(site)) === '{"raised":7}');
    const { folder } = site.site;
    await site[Symbol.asyncDispose]();
    await using again = await startLadderedSite(ladder, { ...options, folder });
    assert.equal(await whileFailing(again), '{"raised":7}');
  });
});

describe('what is not good never takes the place of what was', () => {
  const bad: readonly (readonly [string, RequestListener])[] = [
    ['a failure', failing(503)],
    ['an error', failing(500)],
    ['what is not there', failing(404)],
    ['another type', (_req, res) => void res.setHeader('content-type', 'text/html').end('<p>')],
    ['no type at all', (_req, res) => void res.end('{}')],
    ['what only looks like JSON', json('{"raised":')],
    ['nothing', json('')],
    ['what is private', json('{"raised":0}', { 'cache-control': 'private' })],
    ['what must not be stored', json('{"raised":0}', { 'cache-control': 'no-store' })],
    ['what has a cookie', json('{"raised":0}', { 'set-cookie': 'a=b' })],
    ['what is encoded', json('{"raised":0}', { 'content-encoding': 'gzip' })],
    ['too much', json(JSON.stringify('x'.repeat(1024 * 1024)))],
    [
      'what breaks off',
      (_req, res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        res.write('{"raised":0}');
        setTimeout(() => res.destroy(), 5);
      },
    ],
  ];
  it(bad.map(([what]) => what).join(', '), async () => {
    await using site = await startLadderedSite(ladder, options);
    site.answerBy(json('{"raised":7}'));
    const good = await untilTaken(site);
    for (const [what, listener] of bad) {
      let asked = 0;
      site.answerBy((req, res) => {
        asked++;
        listener(req, res);
      });
      await eventually(`${what} is asked for`, () => asked >= 2);
      const [record] = await records(site);
      assert.equal(record?.body, good.body, what);
      site.answerBy(json('{"raised":7}'));
      await untilTaken(site, record?.atMs ?? 0);
    }
    assert.equal(await whileFailing(site), '{"raised":7}');
  });
});

describe('snapshots end', () => {
  it('when they are purged, until the next one', async () => {
    await using site = await startLadderedSite(ladder, options);
    site.answerBy(json('{"raised":7}'));
    await untilTaken(site);
    await eventually('it is there', async () => (await whileFailing(site)) === '{"raised":7}');
    const key = `${PURGES_PREFIX}${purgeName(Date.now(), 'a')}`;
    await site.site.state.put(key, { what: { kind: 'all' }, isSoft: false });
    await eventually('it is gone', async () => (await whileFailing(site)) === '{"raised":null}');
    await eventually('in state too', async () => (await records(site)).length === 0);
  });

  it('with the ladder that named them', async () => {
    await using site = await startLadderedSite(ladder, options);
    site.answerBy(json('{"raised":7}'));
    await untilTaken(site);
    const { policies, ...rest } = site.configuration;
    const features = policies.features.map((feature) => ({ ...feature, ladder: [] }));
    await site.site.configure({ ...rest, model: 'sha256:b', policies: { ...policies, features } });
    await eventually('it is gone', async () => (await records(site)).length === 0);
  });
});
