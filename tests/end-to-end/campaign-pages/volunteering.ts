import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from '../../support/browser.ts';
import { answerClosed, answerKept, grace, tabTo, type Stage } from './stage.ts';

/** Opens the phone bank and waits for a person; gives back their name. */
async function nextPerson(page: Page, after = ''): Promise<string> {
  const name = page.locator('[data-name]');
  await page.locator('[data-choices] [aria-disabled="false"]').first().waitFor();
  const text = (await name.textContent()) ?? '';
  assert.notEqual(text, after);
  return text;
}

async function callsToday(page: Page): Promise<number> {
  await page.locator('[data-calls]', { hasText: /^\d+$/ }).waitFor();
  return Number(await page.textContent('[data-calls]'));
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export function describeVolunteering(stage: () => Stage): void {
  describe('signing in', () => {
    it('is asked for on the way to a page, told plainly when wrong, and leads there', async () => {
      await stage().withPage({ expected: [401] }, async (page) => {
        await page.goto('/volunteer/');
        await page.waitForURL('**/sign-in/?next=%2Fvolunteer%2F');
        await signIn(page, grace.email, 'not-the-password');
        await page.getByText('do not go together').first().waitFor();
        assert.equal(await page.evaluate('document.activeElement.id'), 'password');
        assert.deepEqual(await accessibilityFaults(page), []);
        await signIn(page, grace.email, grace.password);
        await page.getByRole('heading', { name: 'Hello, Grace.' }).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('You are signed out').waitFor();
      });
    });

    it('works by keyboard alone with the account that is shown on this machine', async () => {
      await stage().withPage({ expected: [401] }, async (page) => {
        await page.goto('/calls/');
        await page.waitForURL('**/sign-in/?next=%2Fcalls%2F');
        await tabTo(page, 'Fill that in');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/calls/');
        await nextPerson(page);
      });
    });

    for (const next of [
      'https://elsewhere.example/',
      '//elsewhere.example',
      '/\\elsewhere.example',
      '/.//elsewhere.example/',
      '/..//elsewhere.example/',
    ]) {
      it(`never sends people on to another site: ${next}`, async () => {
        await stage().withPage({}, async (page) => {
          await page.goto(`/sign-in/?next=${encodeURIComponent(next)}`);
          await signIn(page, grace.email, grace.password);
          await page.waitForURL(`${stage().origin}/volunteer/`);
        });
      });
    }

    it('says that nobody can sign in, and what works, while identity is closed', async () => {
      await stage().withPage({ expected: [503] }, async (page) => {
        await page.route('**/api/session', answerClosed);
        await page.goto('/sign-in/');
        await signIn(page, grace.email, grace.password);
        await page.getByText('Whoever is signed in stays so').waitFor();
        assert.equal(await page.getByLabel('Email').inputValue(), grace.email);
      });
    });
  });

  describe('the volunteer area', () => {
    it('shows the tally, and tells beside the field what is wrong with a password', async () => {
      await stage().withVolunteer({ expected: [422] }, async (page) => {
        await page.goto('/volunteer/');
        await callsToday(page);
        await page.getByText(/of 1,\d{3} people called/).waitFor();
        await page.getByLabel('Present password').fill('something-else');
        await page.getByLabel('New password').fill('short');
        await page.getByRole('button', { name: 'Change it' }).click();
        await page.locator('.wrong', { hasText: 'Use at least ten characters.' }).waitFor();
        await page.getByLabel('New password').fill('long-enough-now');
        await page.getByRole('button', { name: 'Change it' }).click();
        await page.getByText('That is not your present password.').waitFor();
        assert.equal(await page.evaluate('document.activeElement.id'), 'current');
      });
    });

    it('stands when the leader board and the tally are closed, and says so', async () => {
      await stage().withVolunteer({ expected: [503] }, async (page) => {
        await page.route('**/api/calls/**', answerClosed);
        await page.goto('/volunteer/');
        await page.getByText('The tally is resting').waitFor();
        await page.getByText('The list is closed while we are busy.').waitFor();
        await page.getByText('The count is resting.').waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
      });
    });
  });

  describe('calling', () => {
    it('records by clicking, counts, and goes on to the next person', async () => {
      await stage().withVolunteer({}, async (page) => {
        await page.goto('/calls/');
        const first = await nextPerson(page);
        const before = await callsToday(page);
        await page.getByText('Hello, my name is Grace').waitFor();
        await page.getByLabel('A note for the next caller').fill('Wants the clinic map.');
        await page.getByRole('button', { name: 'With us' }).click();
        await page.getByText(`${first}: with us`).waitFor();
        await nextPerson(page, first);
        await page.locator('[data-calls]', { hasText: String(before + 1) }).waitFor();
        assert.equal(await page.getByLabel('A note for the next caller').inputValue(), '');
        await page.getByRole('button', { name: 'Hand this person back' }).click();
        await page.getByText('Handed back').waitFor();
      });
    });

    it('records by the keys 1 to 7, but not within a note, nor when switched off', async () => {
      await stage().withVolunteer({}, async (page) => {
        await page.goto('/calls/');
        const first = await nextPerson(page);
        await page.keyboard.press('n');
        await page.keyboard.type('Call again after 6');
        assert.equal(await page.textContent('[data-name]'), first);
        await page.keyboard.press('Escape');
        await page.keyboard.press('5');
        await page.getByText(`${first}: no answer`).waitFor();
        const second = await nextPerson(page, first);
        await tabTo(page, /^Keys/);
        await page.keyboard.press('Space');
        await page.keyboard.press('5');
        await page.keyboard.press('Shift+Tab');
        assert.equal(await page.textContent('[data-name]'), second);
        assert.equal(await page.getByText(`${second}: no answer`).count(), 0);
      });
    });

    it('keeps a call that was not taken on the page until it is sent again', async () => {
      await stage().withVolunteer({ expected: [503] }, async (page) => {
        await page.goto('/calls/');
        const person = await nextPerson(page);
        await page.route('**/api/calls', answerClosed);
        await page.getByRole('button', { name: 'Undecided' }).click();
        await page.getByText('This call is not recorded yet').waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
        await page.unroute('**/api/calls');
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByText(`${person}: undecided`).waitFor();
      });
    });

    it('goes on after a call that the site keeps for later', async () => {
      await stage().withVolunteer({}, async (page) => {
        await page.goto('/calls/');
        await nextPerson(page);
        await page.route('**/api/calls', answerKept);
        await page.getByRole('button', { name: 'No answer' }).click();
        await page.getByText('Kept, and counted later').waitFor();
      });
    });

    it('says that the list rests when no next person can be had', async () => {
      await stage().withVolunteer({ expected: [503] }, async (page) => {
        await page.route('**/api/calls/claims', answerClosed);
        await page.goto('/calls/');
        await page.getByText('There is no next person for the moment').waitFor();
        assert.equal(await page.getByRole('button', { name: 'With us' }).isVisible(), false);
        await page.unroute('**/api/calls/claims');
        await page.getByRole('button', { name: 'Try again' }).click();
        await nextPerson(page);
      });
    });

    it('takes the call of somebody whose session has ended, and then asks to sign in', async () => {
      await stage().withVolunteer({ expected: [401] }, async (page) => {
        await page.goto('/calls/');
        await nextPerson(page);
        await page.context().clearCookies();
        const taken = page.waitForResponse((answer) => answer.url().endsWith('/api/calls'));
        await page.getByRole('button', { name: 'Wrong number' }).click();
        assert.equal((await taken).status(), 201);
        await page.waitForURL('**/sign-in/?next=%2Fcalls%2F');
      });
    });
  });
}
