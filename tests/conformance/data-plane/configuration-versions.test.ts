import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { WrittenConfiguration } from '../../../src/data-plane/read-configuration.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { converse, finalStatusOf } from '../../support/raw-http.ts';
import { reverseProxy, startSiteWorker } from '../../support/site-worker.ts';

/** As versions before wrote it; never edited, only removed when a version is left behind. */
const versions = [1, 2].map((version) => ({
  version,
  before: readFileSync(new URL(`configurations/version-${version}.json`, import.meta.url), 'utf8'),
}));

describe('a worker and configurations of other versions', () => {
  for (const { version, before } of versions) {
    it(`serves by one of version ${version}`, async () => {
      await using origin = await startOrigin();
      // Its service stands at a fixed port of nobody's.
      const text = before.replace('http://127.0.0.1:9"', `http://127.0.0.1:${origin.port}"`);
      await using site = await startSiteWorker(JSON.parse(text) as WrittenConfiguration);
      const ask = async (path: string, host: string): Promise<number> => {
        const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
        return finalStatusOf(
          (await converse(site.port, head, (text) => /\r\n\r\n./s.test(text))).text,
        );
      };
      assert.equal(await ask('/hello/x', 'before.example'), 200);
      assert.equal(await ask('/hello/x', 'a.before.example'), 200);
      assert.equal(await ask('/hello/x', 'other.example'), 421);
      assert.equal(await ask('/inside', 'before.example'), 404);
      assert.equal(site.worker.stats().refused, null);
    });
  }

  it('refuses one of a version to come, and keeps the one it has', async () => {
    await using origin = await startOrigin();
    const good = reverseProxy(origin.port);
    await using site = await startSiteWorker(good);
    const newer = { ...good, version: 4 } as unknown as WrittenConfiguration;
    await site.configure(newer);
    await eventually('it is refused', () => site.worker.stats().refused !== null);
    assert.match(site.worker.stats().refused ?? '', /written by a newer Turnout/);
    assert.equal((await fetch(`http://127.0.0.1:${site.port}/`)).status, 200);
  });
});
