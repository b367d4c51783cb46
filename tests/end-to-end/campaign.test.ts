import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { SiteStatus } from '../../src/contract/status.ts';
import { accessibilityFaults, launchBrowser } from '../support/browser.ts';
import { askDatabase } from '../support/campaign-database.ts';
import { copySite, type TestSite } from '../support/site-harness.ts';

const gift = { amount: 2500, currency: 'USD', name: 'Ada', email: 'ada@example.org' };
const phone = { width: 390, height: 844 };

let site: TestSite;
let origin: string;
let browser: Browser;

before(async () => {
  [site, browser] = await Promise.all([copySite('examples/campaign'), launchBrowser()]);
  await site.up();
  origin = await site.origin();
});

after(async () => {
  await browser?.close();
  await site?.close();
});

interface Gift {
  readonly amount_cents: number;
  readonly name: string;
  readonly email: string;
  readonly public: boolean;
}

async function findGift(id: string): Promise<Gift | undefined> {
  const [row] = await askDatabase<Gift>(
    site,
    'select amount_cents, name, email, public from donations where id = $1',
    [id],
  );
  return row;
}

function give(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${origin}/api/donations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** A page that fails the test when it logs an error or asks for something that is not there. */
async function openPage(
  path: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Page> {
  const page = await browser.newPage(options);
  page.on('pageerror', (error) => assert.fail(`the page threw ${error.message}`));
  page.on('response', (answer) => assert.ok(answer.status() < 400, `${answer.url()} failed`));
  await page.goto(`${origin}${path}`);
  return page;
}

test('a donation is answered 201 with an id, and the row is in PostgreSQL', async () => {
  const answer = await give(gift);
  assert.equal(answer.status, 201);
  const { id } = (await answer.json()) as { id: string };
  assert.equal(answer.headers.get('location'), `/api/donations/${id}`);
  const row = await findGift(id);
  assert.deepEqual(
    { ...row },
    { amount_cents: 2500, name: 'Ada', email: gift.email, public: false },
  );
});

test('a gift sent again with its key is taken once; another with that key is refused', async () => {
  const key = { 'idempotency-key': '"test-key-1"' };
  const ids = await Promise.all(
    [1, 2, 3].map(async () => ((await (await give(gift, key)).json()) as { id: string }).id),
  );
  assert.equal(new Set(ids).size, 1);
  assert.equal((await give({ ...gift, amount: 9900 }, key)).status, 422);
});

test('a gift that cannot be taken is answered with everything that is wrong with it', async () => {
  const answer = await give({ amount: 1.5, currency: 'EUR', name: '', email: 'nobody' });
  assert.equal(answer.status, 422);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const { problems } = (await answer.json()) as { problems: { field: string }[] };
  assert.deepEqual(
    problems.map(({ field }) => field),
    ['amount', 'currency', 'name', 'email'],
  );
});

test('the home page shows what was raised and who gave', async () => {
  const page = await openPage('/');
  await page.waitForFunction(
    () => !document.querySelector('[data-raised]')?.textContent?.includes('…'),
  );
  assert.match((await page.textContent('[data-raised]')) ?? '', /^\$4\d\d,\d{3}$/);
  assert.equal(await page.locator('[data-leaders] li b').count(), 6);
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.close();
});

test('a supporter gives by clicking, from front page to thank-you, on a phone', async () => {
  const page = await openPage('/', { viewport: phone, hasTouch: true });
  await page.getByRole('link', { name: 'Give what you can' }).click();
  await page.getByRole('radio', { name: '$50', exact: true }).check();
  await page.getByLabel('Your name').fill('Grace Hopper');
  await page.getByLabel('Your email').fill('grace@example.org');
  await page.getByLabel('Show my first name').check();
  await page.getByRole('button', { name: 'Give $50' }).click();
  await page.getByRole('heading', { name: 'Thank you, Grace.' }).waitFor();
  const row = await findGift((await page.textContent('[data-id]')) ?? '');
  assert.deepEqual(
    { ...row },
    { amount_cents: 5000, name: 'Grace Hopper', email: 'grace@example.org', public: true },
  );
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0);
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.close();
});

test('a supporter gives with the keyboard alone, and is told what is missing', async () => {
  const page = await openPage('/donate/', { colorScheme: 'dark' });
  await page.getByRole('radio', { name: '$25', exact: true }).focus();
  for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Tab');
  await page.keyboard.type('12.50');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Alan Turing');
  await page.keyboard.press('Enter');
  assert.equal(await page.textContent('#email-wrong'), 'Enter an address like ada@example.org.');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'email');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.keyboard.type('alan@example.org');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Thank you, Alan.' }).waitFor();
  assert.equal(await page.textContent('[data-amount]'), '$12.50');
  assert.equal((await findGift((await page.textContent('[data-id]')) ?? ''))?.amount_cents, 1250);
  await page.close();
});

test('the console says what runs: services, instances, releases, needs', async () => {
  const answer = await fetch(`${await site.console()}/api/status`);
  const { services } = (await answer.json()) as SiteStatus;
  const donations = services.find(({ service }) => service === 'donations');
  assert.ok(donations !== undefined);
  assert.match(donations.release ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(
    donations.instances.map(({ state }) => state),
    ['ready', 'ready'],
  );
  assert.deepEqual(
    donations.needs.map(({ need, state }) => `${need} ${state}`),
    ['db up'],
  );
});
