import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { converse, finalStatusOf } from '../../support/raw-http.ts';
import {
  plainConfiguration,
  readyEndpoint,
  reverseProxy,
  startSiteWorker,
} from '../../support/site-worker.ts';

describe('a worker sends requests where the route table says', () => {
  it('proxies GET and POST to an announced endpoint', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(
      plainConfiguration([
        { method: 'POST', path: '/api/donations', depth: 2 },
        { method: 'GET', path: '/api/donations/:id', depth: 2 },
      ]),
      { origin: [readyEndpoint('i1', origin.port)] },
    );
    const base = `http://127.0.0.1:${site.port}`;
    const got = await fetch(`${base}/api/donations/7?x=1`);
    assert.equal(await got.text(), `${origin.port} GET /api/donations/7?x=1 `);
    const posted = await fetch(`${base}/api/donations`, { method: 'POST', body: 'pledge' });
    assert.equal(await posted.text(), `${origin.port} POST /api/donations pledge`);
    const wrong = await fetch(`${base}/api/donations`);
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
    assert.equal((await fetch(`${base}/elsewhere`)).status, 404);
  });

  it('is a plain reverse proxy for one fixed origin: every method and body passes', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(reverseProxy(origin.port));
    for (const method of [
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'PROPFIND',
      'QUERY',
    ]) {
      const body = method === 'GET' ? null : `${method} body`;
      const answer = await fetch(`http://127.0.0.1:${site.port}/a%20b?c=d`, { method, body });
      assert.equal(await answer.text(), `${origin.port} ${method} /a%20b?c=d ${body ?? ''}`);
    }
  });

  it('looks up the names of fixed origins', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(
      plainConfiguration([{}], { origins: { origin: [`http://localhost:${origin.port}`] } }),
    );
    const answered = async () => (await fetch(`http://127.0.0.1:${site.port}/`)).status === 200;
    await eventually('the name is looked up', answered);
  });

  it('answers 421 for a foreign host, and 503 while no instance is ready', async () => {
    await using site = await startSiteWorker(plainConfiguration([{}], { hosts: ['site.example'] }));
    const ask = (host: string) =>
      converse(site.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, (text) =>
        text.endsWith('}\n'),
      );
    assert.equal(finalStatusOf((await ask('other.example')).text), 421);
    const nobody = await ask('site.example:8080');
    assert.equal(finalStatusOf(nobody.text), 503);
    assert.match(nobody.text, /retry-after: 1\r\n/);
  });
});
