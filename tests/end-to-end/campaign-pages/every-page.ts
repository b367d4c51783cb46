import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import type { Stage } from './stage.ts';

/** Where a page is, and what stands there once it has all that it asked for. */
const pages = [
  ['/', '[data-events] h3 a'],
  ['/donate/', 'form'],
  ['/events/', '.event a'],
  ['/vote/?zip=57801', '.place h3'],
  ['/sign-in/', 'form'],
  ['/volunteer/', '[data-leaders] b'],
  ['/calls/', '[data-phone][href]'],
] as const;

const screens = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
  { width: 1440, height: 900, colorScheme: 'dark' },
  { width: 360, height: 640, colorScheme: 'light' },
] as const;

const sidewaysPixels =
  'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/**
 * What moved while the page loaded, as the sum that browsers call cumulative layout shift; below
 * 0.1 is called good, and our pages stay far below it.
 */
const shiftedSum = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0));
  }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(0), 100);
})`;
const linksOfPage = `Array.from(document.querySelectorAll('a[href^="/"]'), (link) =>
  link.getAttribute('href'))`;

const MOST_SHIFT = 0.05;

async function openAll(
  stage: Stage,
  page: Page,
  look: (path: string, whole: string) => Promise<void>,
) {
  const id = await anEvent(stage);
  for (const [path, whole] of [...pages, [`/events/${id}`, '[data-whole] h1']] as const) {
    await page.goto(path);
    await page.locator(whole).first().waitFor();
    await look(path, whole);
  }
}

/** On a machine that has much else to do a page may paint in between: one of three loads counts. */
async function keepsStill(page: Page, whole: string): Promise<boolean> {
  for (let load = 1; load <= 3; load += 1) {
    if ((await page.evaluate<number>(shiftedSum)) <= MOST_SHIFT) return true;
    await page.reload();
    await page.locator(whole).first().waitFor();
  }
  return false;
}

/** One that has places left. */
export async function anEvent({ origin }: Stage): Promise<string> {
  const answer = await fetch(`${origin}/api/events?kind=rally`);
  const { events } = (await answer.json()) as { events: { id: string; placesLeft: number }[] };
  const open = events.find(({ placesLeft }) => placesLeft > 20);
  assert.ok(open !== undefined, 'the seed has a rally with places left');
  return open.id;
}

export function describeEveryPage(stage: () => Stage): void {
  describe('every page', () => {
    for (const { width, height, colorScheme } of screens) {
      it(`has no fault axe finds, fits and keeps still: ${width} px, ${colorScheme}`, async () => {
        const options = { viewport: { width, height }, colorScheme };
        await stage().withVolunteer(options, (page) =>
          openAll(stage(), page, async (path, whole) => {
            const faults = async () => (await accessibilityFaults(page)).length === 0;
            // What fades in has for a moment too little contrast.
            await eventually('nothing fades any more', faults).catch(() => undefined);
            assert.deepEqual(await accessibilityFaults(page), [], path);
            assert.equal(await page.evaluate<number>(sidewaysPixels), 0, `${path} is too wide`);
            assert.ok(await keepsStill(page, whole), `${path} moves while it loads`);
          }),
        );
      });
    }

    it('begins with a way past the header, for those who go by keyboard', async () => {
      await stage().withVolunteer({}, async (page) => {
        for (const [path] of pages) {
          await page.goto(path.replace(/\?.*/, ''));
          await page.keyboard.press('Tab');
          assert.equal(await page.evaluate('document.activeElement.className'), 'skip', path);
          await page.keyboard.press('Enter');
          assert.equal(await page.evaluate('document.activeElement.id'), 'main', path);
        }
      });
    });

    it('leads only to places that are there', async () => {
      await stage().withVolunteer({}, async (page) => {
        const links = new Set<string>();
        await openAll(stage(), page, async () => {
          const found = await page.evaluate<string[]>(linksOfPage);
          for (const link of found) links.add(link);
        });
        assert.ok(links.size > 20);
        for (const link of links) {
          const headers = { accept: 'text/html' };
          const { status } = await fetch(`${stage().origin}${link}`, { headers });
          assert.equal(status, 200, link);
        }
      });
    });

    it('moves nothing for those who ask for stillness', async () => {
      await stage().withPage({ reducedMotion: 'reduce' }, async (page) => {
        await page.goto('/');
        const moving = `document.getAnimations().length`;
        assert.equal(await page.evaluate<number>(moving), 0);
      });
    });

    it('an address that is nothing says so, with ways on', async () => {
      await stage().withPage({ expected: [404] }, async (page) => {
        await page.goto('/nowhere');
        await page.getByRole('heading', { name: 'That page is not here.' }).waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
        await page.goto('/events/no-such-event');
        await page.getByText('There is no such event').waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
      });
    });
  });

  describe('the admin view', () => {
    it('shows the newest gifts from inside, and is not there from outside', async () => {
      const { origin, internal } = stage();
      assert.equal((await fetch(`${origin}/internal/admin`)).status, 404);
      await stage().withPage({ viewport: { width: 390, height: 844 } }, async (page) => {
        await page.request.post(`${origin}/api/donations`, {
          data: { amount: 1234, currency: 'USD', name: 'Inge <b>Bold', email: 'i@example.org' },
        });
        await eventually('the gift is on the replica that the page reads from', async () => {
          await page.goto(`${internal}/internal/admin`);
          return page.getByRole('row', { name: 'Inge <b>Bold' }).getByText('$12.34').isVisible();
        });
        assert.deepEqual(await adminFaults(page), []);
        assert.equal(await page.evaluate<number>(sidewaysPixels), 0);
      });
    });
  });
}

/** Its policy runs no script of anybody, axe's too: the same text is looked at without it. */
async function adminFaults(page: Page): Promise<readonly string[]> {
  const html = await page.content();
  await page.goto('about:blank');
  await page.setContent(html);
  return accessibilityFaults(page);
}
