import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { launchBrowser } from '../../support/browser.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';

export const grace = { email: 'grace@marlowe.example', password: 'every-vote-counts' };

/** The campaign, up for all tests of its pages, and a browser. */
export interface Stage {
  readonly site: TestSite;
  readonly origin: string;
  readonly internal: string;
  /**
   * Gives a page of a context of its own, and afterwards fails when it threw, logged an error of
   * its own, or asked for something that is not there. Answers that a test brought about itself,
   * such as a 503, are named in `expected`.
   */
  withPage(
    options: BrowserContextOptions & { readonly expected?: readonly number[] },
    use: (page: Page) => Promise<void>,
  ): Promise<void>;
  /** The same, signed in as a volunteer of the seed. */
  withVolunteer(
    options: BrowserContextOptions & { readonly expected?: readonly number[] },
    use: (page: Page) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const [site, browser] = await Promise.all([copySite('examples/campaign'), launchBrowser()]);
  try {
    await makeAnswersAge(site);
    await site.up();
    const { addresses } = await site.until(
      'all services are up',
      ({ services, addresses }) =>
        addresses.internal !== null && services.every(({ state }) => state === 'up'),
    );
    return makeStage(site, browser, addresses.site ?? '', addresses.internal ?? '');
  } catch (error) {
    await Promise.allSettled([browser.close(), site.close()]);
    throw error;
  }
}

/** A polling place is asked for anew after a second, so that no test waits for a minute. */
function makeAnswersAge(site: TestSite): Promise<void> {
  const path = 'services/partners/service.yaml';
  const text = site.read(path);
  const aged = text.replace('FRESH_SECONDS: "60"', 'FRESH_SECONDS: "1"');
  assert.notEqual(aged, text);
  return site.write(path, aged);
}

function makeStage(site: TestSite, browser: Browser, origin: string, internal: string): Stage {
  let signedIn: BrowserContextOptions['storageState'];
  const withPage: Stage['withPage'] = async ({ expected = [], ...options }, use) => {
    const context = await browser.newContext({ baseURL: origin, ...options });
    const faults: string[] = [];
    try {
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(`threw ${error.message}`));
      page.on('console', (message) => {
        const text = message.text();
        const brought = text.startsWith('Failed to load resource');
        if (message.type() === 'error' && !brought) faults.push(`logged ${text}`);
      });
      page.on('response', (answer) => {
        const status = answer.status();
        if (status >= 400 && !expected.includes(status)) faults.push(`${status} ${answer.url()}`);
      });
      await use(page);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  };
  return {
    site,
    origin,
    internal,
    withPage,
    withVolunteer: async (options, use) => {
      signedIn ??= await signIn(browser, origin);
      await withPage({ ...options, storageState: signedIn }, use);
    },
    close: async () => {
      await Promise.allSettled([browser.close(), site.close()]);
    },
  };
}

/** The cookies of a volunteer. */
async function signIn(browser: Browser, baseURL: string) {
  const context = await browser.newContext({ baseURL });
  try {
    const answer = await context.request.post('/api/session', { data: grace });
    assert.equal(answer.status(), 200);
    return await context.storageState();
  } finally {
    await context.close();
  }
}

/** Answers as a service does whose need is lost: problem+json with a sentence for people. */
export function answerClosed(route: Route): Promise<void> {
  return route.fulfill({
    status: 503,
    contentType: 'application/problem+json',
    headers: { 'retry-after': '30' },
    body: JSON.stringify({ title: 'Closed', status: 503, detail: 'The database is resting.' }),
  });
}

/** Answers as the gateway does that has kept a write for later. */
export function answerKept(route: Route): Promise<void> {
  return route.fulfill({
    status: 202,
    contentType: 'application/json',
    headers: { location: '/writes/unguessable' },
    body: JSON.stringify({ status: 'kept' }),
  });
}

/** Goes on by Tab until the element with this accessible name has the focus, as a person would. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const limit = 80;
  const seen: string[] = [];
  for (let presses = 0; presses < limit; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(nameOfFocus);
    seen.push(focused);
    if (typeof name === 'string' ? focused === name : name.test(focused)) {
      assert.ok(await page.evaluate<boolean>(focusIsVisible), `the focus on ${focused} shows`);
      return;
    }
  }
  assert.fail(`no ${String(name)} among the stops of Tab: ${seen.join(' | ')}`);
}

const nameOfFocus = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return '';
  const label = at.labels?.[0]?.innerText;
  return (at.getAttribute('aria-label') ?? label ?? at.innerText ?? '').trim();
})()`;

const focusIsVisible = `(() => {
  const at = document.activeElement;
  const outlined = (element) => getComputedStyle(element).outlineStyle !== 'none';
  const row = at.closest('.event') ?? at;
  return outlined(at) || outlined(row) || outlined(at.nextElementSibling ?? at);
})()`;
