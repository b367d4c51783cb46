import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startOrigin } from '../../support/http-origin.ts';
import { converse } from '../../support/raw-http.ts';
import { reverseProxy, startSiteWorker } from '../../support/site-worker.ts';

const get = 'GET / HTTP/1.1\r\nHost: site.example\r\n\r\n';
const answersIn = (text: string): number => text.match(/HTTP\/1\.1 200/g)?.length ?? 0;

describe('requests sent ahead on one connection', () => {
  it('are all answered, in a reasonable number', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(reverseProxy(origin.port));
    const said = await converse(site.port, get.repeat(50), (text) => answersIn(text) === 50);
    assert.equal(answersIn(said.text), 50);
  });

  it('end the connection where they are a flood, and reach no service', async () => {
    let asked = 0;
    await using origin = await startOrigin(() => {
      asked++;
    });
    await using site = await startSiteWorker(reverseProxy(origin.port));
    const said = await converse(site.port, get.repeat(5_000));
    assert.notEqual(said.ending, 'silent');
    assert.equal(site.worker.stats().inFlight, 0);
    assert.ok(asked <= 64, `${asked} requests reached the service`);
  });
});
