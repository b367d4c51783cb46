import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FlagDefinition, WRITTEN_FLAGS_KEY } from '../../../src/contract/flags.ts';
import type { CachedAnswer } from '../../support/cached-site.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { startLadderedSite } from '../../support/laddered-site.ts';
import { FEATURE, giveTo, startQueueSite } from '../../support/queue-site.ts';
import type { SiteWorker } from '../../support/site-worker.ts';

/** Switches a feature as flags.yaml would; resolves when state has it. */
async function force(site: SiteWorker, feature: string, value: string): Promise<void> {
  const flag: FlagDefinition = { state: 'ENABLED', variants: { v: value }, defaultVariant: 'v' };
  const document = { flags: { [feature]: flag }, $evaluators: {} };
  await site.state.put(WRITTEN_FLAGS_KEY, { document, from: 'flags.yaml', changes: {} });
}

const ladder = ['stale 1h', 'static services/shop/total.json', 'region west', 'redirect /sorry'];

describe('a rung that is forced is the one that answers, while the service is well', () => {
  it('stale, static, region and redirect, each in its own way, by its name', async () => {
    await using there = await startOrigin((req, res) => void res.end(`there ${req.url}`));
    const regions = [{ region: 'west', origin: `http://127.0.0.1:${there.port}` }];
    await using site = await startLadderedSite(
      { otherwise: [...ladder, 'closed'] },
      {
        regions,
        files: { 'services/shop/total.json': '{"raised":null}' },
        cache: { kind: 'none' },
      },
    );
    let asked = 0;
    site.answerBy((_req, res) => void res.end(`answer ${(asked += 1)}`));
    assert.equal((await site.ask('/total')).body, 'answer 1');
    const forced = async (value: string, path: string, rung = value): Promise<CachedAnswer> => {
      await force(site.site, 'origin.all', value);
      let answer = await site.ask(path);
      await eventually(`${value} is forced`, async () => {
        answer = await site.ask(path);
        return String(answer.headers['service-health']).includes(`rung=${rung}`);
      });
      return answer;
    };
    const stale = await forced('stale', '/total');
    assert.match(stale.body, /^answer/);
    assert.ok(Number(stale.headers['age']) >= 0);
    const file = '{"raised":null}';
    assert.equal((await forced('static', '/total')).body, file);
    assert.equal((await forced('region', '/total')).body, 'there /total');
    assert.equal((await forced('redirect', '/total')).headers['location'], '/sorry');
    // Nothing is kept of this one: the next rung of the ladder stands in.
    assert.equal((await forced('stale', '/total?of=other', 'static')).body, file);
    const before = asked;
    for (let i = 0; i < 5; i++) await site.ask('/total');
    assert.equal(asked, before, 'the service is left alone');
  });

  it('the service answers again as soon as it is on, with no time to recover', async () => {
    await using site = await startLadderedSite({ otherwise: ['redirect /sorry'] });
    await force(site.site, 'origin.all', 'redirect');
    await eventually('it is forced', async () => (await site.ask('/')).status === 302);
    await force(site.site, 'origin.all', 'on');
    await eventually('it is on', async () => (await site.ask('/')).status === 200);
    assert.equal((await site.ask('/')).status, 200);
  });
});

describe('a write whose feature is switched to its queue', () => {
  it('is kept and acknowledged, and stays until the switch is on again', async () => {
    await using site = await startQueueSite();
    await force(site.worker, FEATURE, 'queue');
    const answer = await untilKept(site.url);
    const status = new URL(answer.headers.get('location') ?? '', site.url);
    const sent = site.seen.length;
    // Long enough for a replay to look several times.
    await new Promise((done) => setTimeout(done, 2_000));
    assert.equal((await fetch(status)).status, 202);
    assert.equal(site.seen.length, sent, 'the service is left alone');
    await force(site.worker, FEATURE, 'on');
    await eventually('it was carried out', async () => (await fetch(status)).status === 201);
    assert.equal(site.seen.at(-1)?.body, JSON.stringify({ email: 'ada@example.org', cents: 7 }));
  });

  it('is turned away where it is closed, and what waits goes on waiting', async () => {
    await using site = await startQueueSite();
    await force(site.worker, FEATURE, 'queue');
    const answer = await untilKept(site.url);
    await force(site.worker, FEATURE, 'closed');
    await eventually('it is closed', async () => {
      return (await giveTo(site.url, { email: 'bea@example.org', cents: 1 })).status === 503;
    });
    const status = new URL(answer.headers.get('location') ?? '', site.url);
    const sent = site.seen.length;
    await new Promise((done) => setTimeout(done, 1_500));
    assert.equal((await fetch(status)).status, 202);
    assert.equal(site.seen.length, sent);
  });
});

/** Until the switch is in force the service takes them. */
async function untilKept(url: string): Promise<Response> {
  let answer: Response | null = null;
  await eventually('a write is kept', async () => {
    answer = await giveTo(url, { email: 'ada@example.org', cents: 7 });
    return answer.status === 202;
  });
  return answer ?? assert.fail();
}
