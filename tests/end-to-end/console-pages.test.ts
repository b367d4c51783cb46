import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createConsolePages } from '../../src/console/console-pages.ts';
import type { SiteStatus } from '../../src/contract/status.ts';
import { accessibilityFaults, launchBrowser } from '../support/browser.ts';
import { campaignFlags } from '../support/campaign-flags.ts';
import { campaignCatalog } from '../support/campaign-model.ts';
import { calmStatus, troubledStatus } from '../support/campaign-status.ts';
import { eventually } from '../support/eventually.ts';

let browser: Browser;
let server: Server;
let site: string;
let status: SiteStatus = calmStatus();
let flags = campaignFlags(true);
let answering = true;

const runbook =
  '# The database is gone\n\n1. Look: `turnout status`.\n\n| if | then |\n| - | - |\n| a | b |\n';

before(async () => {
  const catalog = campaignCatalog();
  const pages = createConsolePages({
    catalog: () => catalog,
    status: () => Promise.resolve(status),
    jobs: () => [],
    flags: () => Promise.resolve(flags),
    runbook: (path) =>
      Promise.resolve(path === 'services/donations/runbooks/database.md' ? runbook : null),
  });
  server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '/';
      if (!answering) return request.socket.destroy();
      if (path === '/api/status') return response.end(JSON.stringify(status));
      if (path === '/api/flags') return response.end(JSON.stringify({ flags }));
      const page = await pages(path);
      response.writeHead(page?.status ?? 404, {
        'content-type': page?.contentType,
        ...page?.headers,
      });
      return response.end(page?.body);
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
});

async function withPage(
  options: Parameters<Browser['newContext']>[0],
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/**
 * Lets the page ask again, without waiting for it in real time, until some part of it says
 * something.
 */
async function afterPolls(page: Page, part: string, words: RegExp): Promise<void> {
  await eventually(`${part} says ${words.source}`, async () => {
    await page.clock.runFor(2000);
    return words.test(await page.locator(part).innerText());
  });
}

const paths = [
  '/',
  '/flags',
  '/catalog',
  '/catalog/donations',
  '/catalog/voter-file',
  '/catalog/donations/runbooks/database.md',
  '/catalog/nobody',
];

describe('every page is fit for everyone', () => {
  for (const [name, width, colorScheme] of [
    ['on a desk in light', 1280, 'light'],
    ['on a phone in dark', 390, 'dark'],
    ['on the narrowest phone', 320, 'light'],
  ] as const) {
    it(`has no fault that axe can find, no sideways scrolling, no error: ${name}`, async () => {
      status = troubledStatus();
      await withPage({ viewport: { width, height: 800 }, colorScheme }, async (page) => {
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => {
          const expected = message.text().includes('404');
          if (message.type() === 'error' && !expected) errors.push(message.text());
        });
        for (const path of paths) {
          await page.goto(site + path);
          assert.deepEqual(await accessibilityFaults(page), [], path);
          const overflow = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          assert.equal(overflow, 0, `${path} is wider than the screen`);
        }
        assert.deepEqual(errors, []);
      });
    });
  }

  it('works by keyboard: the first stop skips to the content, Enter opens a service', async () => {
    status = calmStatus();
    await withPage({}, async (page) => {
      await page.goto(site);
      await page.keyboard.press('Tab');
      assert.equal(await page.locator(':focus').textContent(), 'Skip to the content');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator(':focus').getAttribute('id'), 'content');
      const row = page.locator('#service-donations');
      await row.locator('summary').focus();
      await page.keyboard.press('Enter');
      assert.equal(await row.getAttribute('open'), '');
    });
  });

  it('is whole without script', async () => {
    status = troubledStatus();
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.goto(site);
      assert.match(await page.locator('h1').innerText(), /PostgreSQL server donations is lost/);
      assert.match(await page.locator('.live').innerText(), /As of 18:20:31 UTC/);
      assert.equal(await page.locator('#pause').isVisible(), false);
    });
  });
});

describe('the overview keeps itself up to date', () => {
  it('shows what changed, says it aloud, and keeps open what is open', async () => {
    status = calmStatus();
    await withPage({}, async (page) => {
      await page.clock.install();
      await page.goto(site);
      await page.locator('#service-identity summary').click();
      status = troubledStatus();
      await afterPolls(page, 'h1', /is lost/);
      assert.match(await page.locator('#announcement').innerText(), /is lost/);
      assert.equal(await page.locator('#service-identity').getAttribute('open'), '');
      assert.match(await page.locator(':focus').innerText(), /identity/);
      assert.match(await page.title(), /is lost/);
      status = calmStatus();
      await afterPolls(page, 'h1', /All is well/);
    });
  });

  it('shows a flag that somebody sets, and says that it is not as usual', async () => {
    status = calmStatus();
    flags = campaignFlags();
    await withPage({}, async (page) => {
      await page.clock.install();
      await page.goto(`${site}/flags`);
      assert.match(await page.locator('h1').innerText(), /as usual/);
      flags = campaignFlags(true);
      await afterPolls(page, '#announcement', /2 flags are not as usual/);
      assert.match(await page.locator('#unusual + *').innerText(), /set by hand/);
    });
  });

  it('says so when the controller does not answer, and comes back by itself', async () => {
    status = calmStatus();
    await withPage({}, async (page) => {
      await page.clock.install();
      await page.goto(site);
      await afterPolls(page, '.live', /Live/);
      answering = false;
      try {
        await afterPolls(page, '.live', /has not answered since/);
      } finally {
        answering = true;
      }
      await eventually('the warning goes', async () => {
        await page.clock.runFor(2000);
        return page.locator('#lost').isHidden();
      });
    });
  });

  it('stands still while it is paused', async () => {
    status = calmStatus();
    await withPage({}, async (page) => {
      await page.clock.install();
      await page.goto(site);
      await page.locator('.live', { hasText: 'Live' }).waitFor();
      await page.locator('#pause').click();
      let asked = 0;
      page.on('request', () => {
        asked += 1;
      });
      await page.clock.runFor(10_000);
      assert.equal(asked, 0);
      assert.match(await page.locator('.live').innerText(), /Paused/);
      await page.locator('#pause', { hasText: 'Go on' }).click();
      const next = page.waitForRequest('**/api/status');
      await page.clock.runFor(2000);
      await next;
    });
  });
});
