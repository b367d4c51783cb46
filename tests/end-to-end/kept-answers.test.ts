import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { bundleClient } from '../../src/release/bundle-client.ts';
import { launchBrowser } from '../support/browser.ts';
import { startOrigin, type Origin } from '../support/http-origin.ts';
import {
  plainConfiguration,
  readyEndpoint,
  type SiteWorker,
  startSiteWorker,
} from '../support/site-worker.ts';

/** A real browser, a real worker, and a service that goes away. */
describe('the second cache, in a browser', () => {
  let browser: Browser;
  let origin: Origin;
  let site: SiteWorker;
  let page: Page;
  before(async () => {
    const client = Buffer.from(await bundleClient());
    origin = await startOrigin((request, response) => {
      const path = request.url ?? '/';
      if (path === '/client.js') {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(client);
      } else if (path === '/') {
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<!doctype html><title>a</title>');
      } else if (path === '/mine') {
        response.writeHead(200, { 'cache-control': 'private' }).end('{"mine":1}');
      } else {
        response.writeHead(200, { 'cache-control': 'public, max-age=0' }).end('{"raised":7}');
      }
    });
    site = await startSiteWorker(
      plainConfiguration([
        { feature: 'site.pages', service: 'pages', path: '/' },
        { feature: 'site.client', service: 'pages', path: '/client.js', depth: 1 },
        { feature: 'site.totals', path: '/total', depth: 1 },
        { feature: 'site.mine', path: '/mine', depth: 1 },
      ]),
      { pages: [readyEndpoint('p', origin.port)], origin: [readyEndpoint('o', origin.port)] },
    );
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${site.port}/`);
  });
  after(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  const inPage = (code: string): Promise<unknown> =>
    page.evaluate(
      `import('/client.js').then(async ({ read, forgetKept, onHealth }) => { ${code} })`,
    );
  const read = (path: string) =>
    inPage(`return read('${path}').then(
      ({ body, from, health, problem }) => [body, from, health?.rung, problem?.status ?? null],
      ({ status }) => status)`);

  test('gives what is for everybody while its service is gone, over a reload too', async () => {
    assert.deepEqual(await read('/total'), [{ raised: 7 }, 'site', 'full', null]);
    assert.deepEqual(await read('/mine'), [{ mine: 1 }, 'site', 'full', null]);
    await site.announce('origin', []);
    await page.waitForFunction(`fetch('/total').then(({ status }) => status === 503)`);
    assert.deepEqual(await read('/total'), [{ raised: 7 }, 'kept', 'failed', 503]);
    await page.reload();
    assert.deepEqual(await read('/total'), [{ raised: 7 }, 'kept', 'failed', 503]);
    assert.equal(await read('/mine'), 503, 'what is private is nobody’s to keep');
  });

  test('tells the page how each feature stands', async () => {
    const told = await inPage(`
      const told = [];
      onHealth(({ feature, tier, rung }) => told.push([feature, tier, rung]));
      await read('/total');
      return told;`);
    assert.deepEqual(told, [['site.totals', 'important', 'failed']]);
  });

  test('gives it without any connection, and forgets it at a sign-out', async () => {
    const client = await page.context().newCDPSession(page);
    await inPage('window.turnout = { read, forgetKept };');
    await client.send('Network.enable');
    await client.send('Network.emulateNetworkConditions', {
      offline: true,
      latency: 0,
      downloadThroughput: 0,
      uploadThroughput: 0,
    });
    const offline = (): Promise<unknown> =>
      page.evaluate(`turnout.read('/total').then(
        ({ body, from, problem }) => [body, from, problem.status], ({ status }) => status)`);
    assert.deepEqual(await offline(), [{ raised: 7 }, 'kept', 0]);
    await page.evaluate('turnout.forgetKept()');
    assert.equal(await offline(), 0);
  });
});
