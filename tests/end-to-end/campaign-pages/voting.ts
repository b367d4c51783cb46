import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessibilityFaults } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { tabTo, type Stage } from './stage.ts';

/** Tells the sandbox partner how to behave; it forgets after a minute by itself. */
async function partner({ internal }: Stage, mode: 'well' | 'error'): Promise<void> {
  const answer = await fetch(`${internal}/sandbox/behaviour`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode, for: '1m' }),
  });
  assert.equal(answer.status, 200);
}

export function describeVoting(stage: () => Stage): void {
  describe('where to vote', () => {
    it('is found from the front page by keyboard alone', async () => {
      await stage().withPage({}, async (page) => {
        await page.goto('/');
        await tabTo(page, 'Your ZIP code');
        await page.keyboard.type('57806');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/vote/?zip=57806');
        await page.getByText('Birchwood County').first().waitFor();
        await page.getByText('Step-free').first().waitFor();
      });
    });

    it('asks for five digits, and says where a ZIP code is not of this state', async () => {
      await stage().withPage({}, async (page) => {
        await page.goto('/vote/');
        await page.getByLabel('Your ZIP code').fill('578');
        await page.getByRole('button', { name: 'Find it' }).click();
        await page.getByText('A ZIP code has five digits.').waitFor();
        await page.getByLabel('Your ZIP code').fill('10001');
        await page.getByRole('button', { name: 'Find it' }).click();
        await page.getByText('We know no polling place for 10001').waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
      });
    });

    it('while the partner really fails, shows what it said before and says so', async () => {
      await stage().withPage({ expected: [502, 503, 504] }, async (page) => {
        await page.goto('/vote/?zip=57811');
        await page.locator('.place').first().waitFor();
        await partner(stage(), 'error');
        try {
          await eventually('an answer that is kept from before', async () => {
            const answer = await page.request.get('/api/polling-places?zip=57811');
            return answer.ok() && !((await answer.json()) as { fresh: boolean }).fresh;
          });
          await page.reload();
          await page.getByText('The counties’ list does not answer just now').waitFor();
          await page.locator('.place').first().waitFor();
          assert.deepEqual(await accessibilityFaults(page), []);

          await page.getByLabel('Your ZIP code').fill('57847');
          await page.getByRole('button', { name: 'Find it' }).click();
          await page.getByText('the card the county sent you').waitFor();
        } finally {
          await partner(stage(), 'well');
        }
        await eventually('the partner is asked again', async () => {
          await page.getByRole('button', { name: 'Try again' }).click();
          await page.locator('.place h3, .notice').first().waitFor();
          return page.locator('.place h3').first().isVisible();
        });
      });
    });
  });
}
