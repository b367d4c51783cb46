import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessibilityFaults } from '../../support/browser.ts';
import { anEvent } from './every-page.ts';
import { answerClosed, answerKept, tabTo, type Stage } from './stage.ts';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

export function describeEvents(stage: () => Stage): void {
  describe('events', () => {
    it('are found by county and kind, joined and left again by clicking, on a phone', async () => {
      await stage().withPage(phone, async (page) => {
        await page.goto('/');
        await page.getByRole('navigation', { name: 'Main' }).getByText('Events').click();
        await page.locator('.event a').first().waitFor();
        await page.getByLabel('Kind').selectOption({ label: 'Rally' });
        await page.getByRole('button', { name: 'Show' }).click();
        await page.waitForURL('**/events/?*kind=rally');
        const id = await anEvent(stage());
        await page.locator(`.event a[href="/events/${id}"]`).click();
        await page.getByLabel('Your name').fill('Kofi Silva');
        await page.getByLabel('Your email').fill(`kofi.${id}@example.org`);
        await page.getByRole('button', { name: 'Sign me up' }).click();
        await page.getByRole('heading', { name: 'You are going' }).waitFor();
        await page.getByText('See you there, Kofi.').waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);

        await page.getByRole('link', { name: 'All events' }).click();
        await page.goto('/events/?kind=rally');
        await page.getByText('You are going').first().waitFor();
        await page.locator(`.event a[href="/events/${id}"]`).click();
        await page.getByRole('button', { name: 'I can’t make it' }).click();
        await page.getByText('Your place is free again').waitFor();
        await page.getByRole('button', { name: 'Sign me up' }).waitFor();
      });
    });

    it('are joined by keyboard alone, and the second time is told kindly', async () => {
      await stage().withPage({ expected: [409] }, async (page) => {
        const id = await anEvent(stage());
        await page.goto(`/events/${id}`);
        await page.locator('[data-whole]').waitFor();
        await tabTo(page, 'Your name');
        await page.keyboard.type('Lena Rossi');
        await page.keyboard.press('Enter');
        await page.getByText('Enter an address like').waitFor();
        assert.equal(await page.evaluate('document.activeElement.id'), 'email');
        await page.keyboard.type('lena.rossi@example.org');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'You are going' }).waitFor();
        assert.equal(await page.evaluate('document.activeElement.id'), 'join');

        await page.evaluate('localStorage.clear()');
        await page.reload();
        await page.getByLabel('Your name').fill('Lena Rossi');
        await page.getByLabel('Your email').fill('lena.rossi@example.org');
        await page.keyboard.press('Enter');
        await page.getByText('You are already signed up').waitFor();
      });
    });

    it('say that sign-ups are closed, and keep what was typed', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        await page.route('**/sign-ups', answerClosed);
        await page.goto(`/events/${await anEvent(stage())}`);
        await page.getByLabel('Your name').fill('Omar Khan');
        await page.getByLabel('Your email').fill('omar.khan@example.org');
        await page.getByRole('button', { name: 'Sign me up' }).click();
        await page.getByText('Sign-ups are closed for the moment').waitFor();
        await page.getByText('You can also just come.').waitFor();
        assert.equal(await page.getByLabel('Your name').inputValue(), 'Omar Khan');
        await page.unroute('**/sign-ups');
        await page.route('**/sign-ups', answerKept);
        await page.getByRole('button', { name: 'Sign me up' }).click();
        await page.getByText('Your sign-up is kept').waitFor();
      });
    });

    it('say that the calendar is closed, and come when it is tried again', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        await page.route('**/api/events', answerClosed);
        await page.goto('/events/');
        await page.getByText('The calendar is closed for the moment').waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
        await page.unroute('**/api/events');
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.locator('.event a').first().waitFor();
        assert.equal(await page.getByText('The calendar is closed').count(), 0);
      });
    });
  });
}
