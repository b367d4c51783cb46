import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { answerClosed, answerKept, tabTo, type Stage } from './stage.ts';

async function fillGift(page: Page): Promise<void> {
  await page.goto('/donate/');
  await page.getByLabel('Your name').fill('Ada Abara');
  await page.getByLabel('Your email').fill('ada@example.org');
}

/** The keys that came with each try of a gift. */
function collectKeys(page: Page): string[] {
  const keys: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') keys.push(request.headers()['idempotency-key'] ?? '');
  });
  return keys;
}

export function describeGiving(stage: () => Stage): void {
  describe('giving', () => {
    it('works by keyboard alone, from the front page to the thank-you', async () => {
      await stage().withPage({}, async (page) => {
        await page.goto('/');
        await tabTo(page, 'Give what you can');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Chip in' }).waitFor();
        await tabTo(page, '$25');
        await page.keyboard.press('ArrowRight');
        await tabTo(page, 'Your name');
        await page.keyboard.type('Alma Garza');
        await tabTo(page, 'Your email');
        await page.keyboard.type('not an address');
        await tabTo(page, 'Give $50');
        await page.keyboard.press('Enter');
        assert.equal(await page.evaluate('document.activeElement.id'), 'email');
        await page.getByText('Enter an address like').waitFor();
        await page.keyboard.press('ControlOrMeta+A');
        await page.keyboard.type('alma@example.org');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Thank you, Alma.' }).waitFor();
        assert.equal(await page.textContent('[data-amount]'), '$50');
      });
    });

    it('is tried again with the same key when the connection breaks, and taken once', async () => {
      await stage().withPage({}, async (page) => {
        const keys = collectKeys(page);
        let broken = 1;
        await page.route('**/api/donations', (route) =>
          broken-- > 0 ? route.abort('connectionreset') : route.continue(),
        );
        await fillGift(page);
        await page.getByRole('button', { name: 'Give $25' }).click();
        await page.getByRole('heading', { name: 'Thank you, Ada.' }).waitFor();
        assert.equal(keys.length, 2);
        assert.equal(keys[0], keys[1]);
        assert.match(keys[0] ?? '', /^"[0-9a-f]{32}"$/);
      });
    });

    it('keeps its key over a reload, and gets another when the gift is another', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        const keys = collectKeys(page);
        await page.route('**/api/donations', answerClosed);
        for (const amount of ['$25', '$25', '$100']) {
          await fillGift(page);
          await page.getByRole('radio', { name: amount, exact: true }).check();
          await page.getByRole('button', { name: `Give ${amount}` }).click();
          await page.getByText('Giving is closed for the moment').waitFor();
        }
        assert.equal(keys[0], keys[1]);
        assert.notEqual(keys[1], keys[2]);
      });
    });

    it('says what is closed, that nothing was taken, and keeps what was typed', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        await page.route('**/api/donations', answerClosed);
        await fillGift(page);
        await page.getByRole('button', { name: 'Give $25' }).click();
        const notice = page.getByRole('status');
        await notice.getByText('The database is resting.').waitFor();
        await notice.getByText('Nothing was taken').waitFor();
        assert.equal(await page.getByLabel('Your name').inputValue(), 'Ada Abara');
      });
    });

    it('thanks for a gift that is kept for later, and promises the confirmation', async () => {
      await stage().withPage({}, async (page) => {
        await page.route('**/api/donations', answerKept);
        await fillGift(page);
        await page.getByRole('button', { name: 'Give $25' }).click();
        await page.getByRole('heading', { name: 'Thank you, Ada.' }).waitFor();
        await page.getByText('kept safe and will be confirmed').waitFor();
      });
    });

    it('goes on when the count, the list and the calendar rest, and the page says so', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        await page.route('**/api/**', answerClosed);
        await page.goto('/');
        await page.getByText('Giving works all the same.').waitFor();
        await page.getByText('The list is closed while we are busy.').waitFor();
        await page.getByText('The calendar is resting').waitFor();
        assert.equal(await page.getByRole('link', { name: 'Add yours' }).isVisible(), true);
      });
    });

    it('shows what this browser knew while the site cannot say, and how old that is', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        await page.goto('/');
        const total = page.locator('[data-raised]');
        await page.waitForFunction(
          `document.querySelector('[data-raised]').textContent[0] === '$'`,
        );
        const before = await total.textContent();
        await page.locator('[data-events] a').first().waitFor();
        await page.route('**/api/**', answerClosed);
        await page.reload();
        await page.getByText('An earlier count').waitFor();
        await page.getByText(/This is the count from \d+ (?:second|minute)s? ago\./).waitFor();
        assert.equal(await total.textContent(), before);
        await page.getByText('An earlier calendar').waitFor();
        await page.locator('[data-events] a').first().waitFor();
        await page.unroute('**/api/**');
        await page.reload();
        await page.locator('[data-events] a').first().waitFor();
        assert.equal(await page.getByText('An earlier c').count(), 0);
      });
    });
  });
}
