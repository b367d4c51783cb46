import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

const origin = createServer((incoming, response) => {
  response.setHeader('x-method', incoming.method ?? '');
  response.setHeader('x-url', incoming.url ?? '');
  incoming.pipe(response);
});
let site: TestSite;
before(async () => {
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  site = await createSite({
    'site.yaml': `turnout: 1
site: fronted
what: A site in front of a service that somebody else runs.
services: [services/*]
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
    'services/old/service.yaml': `turnout: 1
service: old
what: Runs elsewhere.
at: ["http://127.0.0.1:${port}"]
features:
  everything: { tier: important, routes: [ANY /**], ladder: [closed] }
`,
  });
  await site.up();
});
after(async () => {
  await site.close();
  origin.close();
});

function send(
  base: string,
  method: string,
  body: string,
): Promise<{ readonly status: number; readonly method: unknown; readonly body: string }> {
  return new Promise((resolve, reject) => {
    // Node.js frames no body of a DELETE by itself.
    const headers = { 'content-length': Buffer.byteLength(body) };
    const call = request(`${base}/a/b?c=d`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          method: response.headers['x-method'],
          body: text,
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

test('a service that runs elsewhere is fronted: every method and body passes', async () => {
  const base = await site.origin();
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'REPORT', 'PURGE']) {
    const body = `${method} ${'x'.repeat(100_000)}`;
    const answer = await send(base, method, body);
    assert.deepEqual({ ...answer, body: '' }, { status: 200, method, body: '' });
    assert.ok(answer.body === body, `${method}: ${answer.body.length} bytes came back`);
  }
  for (const method of ['GET', 'OPTIONS']) {
    assert.deepEqual(await send(base, method, ''), { status: 200, method, body: '' });
  }
});

test('the status shows it as fronted, with its addresses', async () => {
  const { services, notes } = await site.status();
  assert.equal(services[0]?.kind, 'at');
  assert.equal(services[0]?.origins.length, 1);
  assert.deepEqual(services[0]?.instances, []);
  assert.deepEqual(notes, []);
});
