import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { listenerUrl, type SiteSettings } from '../../src/contract/site-settings.ts';
import { readJsonFile } from '../../src/lib/json-file.ts';
import { eventually } from '../support/eventually.ts';
import { isProving, reportNumbers } from '../support/prove.ts';
import { copySite, type TestSite } from '../support/site-harness.ts';

const FIRST_LIMIT_MS = 40_000;
const AGAIN_LIMIT_MS = 12_000;
const PATIENCE_MS = 80_000;
const PROBE_MS = 2_000;
const pages = ['/', '/donate/', '/events/', '/vote/', '/sign-in/', '/volunteer/', '/calls/'];

let site: TestSite | null = null;
after(() => site?.close());

test('the whole campaign is up from nothing, down, and up again with what it had', async () => {
  site = await copySite('examples/campaign');
  const first = await startAndWatch(site);
  await site.until('an acknowledged gift is on two servers', ({ resources }) => {
    return resources.find(({ name }) => name === 'donations')?.durability === 'sync';
  });
  const gifts = await countGifts(site);
  assert.equal((await site.run('down')).code, 0);
  const again = await startAndWatch(site);
  const running = site;
  await eventually('the gifts of before are there, and one more', async () => {
    return (await countGifts(running)) > gifts;
  });
  reportNumbers('start of the campaign', { first, again });
  // A busy machine is no defect of the site.
  if (!isProving) return;
  assert.ok(Math.max(first.gift, first.pages) < FIRST_LIMIT_MS, JSON.stringify(first));
  assert.ok(Math.max(again.gift, again.pages) < AGAIN_LIMIT_MS, JSON.stringify(again));
});

/** Milliseconds from the command on. */
interface Started {
  /** To the first gift that was taken. */
  readonly gift: number;
  /** To every frontend answering. */
  readonly pages: number;
  /** To the end of the command, which says that everything is up. */
  readonly command: number;
}

/** `turnout up`, watched from outside as visitors do who come too early. */
async function startAndWatch(starting: TestSite): Promise<Started> {
  const startedMs = performance.now();
  const sinceMs = (): number => Math.round(performance.now() - startedMs);
  const [pagesMs, giftMs, commandMs] = await Promise.all([
    eventually('all pages', () => allPages(starting), PATIENCE_MS).then(sinceMs),
    eventually('a gift is taken', () => give(starting), PATIENCE_MS).then(sinceMs),
    starting.up().then(sinceMs),
  ]);
  return { gift: giftMs, pages: pagesMs, command: commandMs };
}

async function allPages(starting: TestSite): Promise<boolean> {
  for (const page of [...pages, '/assets/campaign.css']) {
    if ((await ask(starting, page))?.status !== 200) return false;
  }
  return true;
}

async function give(starting: TestSite): Promise<boolean> {
  const answer = await ask(starting, '/api/donations', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `"${randomUUID()}"` },
    body: JSON.stringify({ amount: 500, currency: 'USD', name: 'Ada', email: 'a@example.org' }),
  });
  return answer?.status === 201;
}

async function countGifts(running: TestSite): Promise<number> {
  const answer = await ask(running, '/api/donations/total');
  if (answer?.status !== 200) return 0;
  return ((await answer.json()) as { gifts: number }).gifts;
}

/** Null while nobody answers there, or nobody knows yet where that is. */
async function ask(
  asked: TestSite,
  path: string,
  init: RequestInit = {},
): Promise<Response | null> {
  const settings = readJsonFile(asked.folder.settings) as SiteSettings | null;
  if (settings === null) return null;
  const signal = AbortSignal.timeout(PROBE_MS);
  return fetch(`${listenerUrl(settings.http)}${path}`, { ...init, signal }).catch(() => null);
}
