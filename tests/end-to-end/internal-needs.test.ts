import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

let site: TestSite;
before(async () => {
  site = await createSite({
    'site.yaml': `turnout: 1
site: pair
what: A service that needs a feature of another, on a site with hosts of its own.
services: [services/*]
hosts: [pair.example]
listen: { workers: 2 }
`,
    'services/front/service.yaml': manifest('front', `needs: { names: { feature: names.list } }`, {
      routes: 'GET /front/**',
      more: 'needs: [names]',
    }),
    'services/front/server.ts': server(`
  const inner = await fetch(process.env.NEED_NAMES_URL + '/names', {
    headers: {
      'x-request-id': request.headers['x-request-id'],
      traceparent: request.headers.traceparent,
      'x-forwarded-for': request.headers['x-forwarded-for'],
    },
  });
  response.statusCode = inner.status;
  response.end(await inner.text());`),
    'services/names/service.yaml': manifest('names', '', {
      routes: 'GET /names',
      more: 'internal: true',
    }),
    'services/names/server.ts': server(`
  response.end(JSON.stringify({ ...request.headers, by: process.env.TURNOUT_INSTANCE }));`),
  });
  await site.up();
});
after(() => site.close());

function manifest(
  name: string,
  needs: string,
  feature: { readonly routes: string; readonly more: string },
): string {
  return `turnout: 1
service: ${name}
what: Half of a pair.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
scale: { min: 1, max: 1 }
${needs}
features:
  list: { tier: important, routes: [${feature.routes}], ${feature.more}, ladder: [closed] }
`;
}

function server(answer: string): string {
  return `import { createServer } from 'node:http';
createServer(async (request, response) => {
  if (request.url === '/health') return response.end();
${answer}
}).listen(Number(process.env.PORT), process.env.HOST);
`;
}

test('a service reaches an internal feature of another; its request keeps its id', async () => {
  const origin = await site.origin();
  const answer = await askAs('pair.example', `${origin}/front/`, 'election-day-7');
  assert.equal(answer.status, 200, answer.text);
  const heard = JSON.parse(answer.text) as Record<string, string>;
  assert.match(heard['by'] ?? '', /^names-/);
  assert.equal(heard['x-request-id'], 'election-day-7');
  assert.match(heard['x-forwarded-for'] ?? '', /^127\.0\.0\.1, 127\.0\.0\.1$/);
});

test('the public side does not know the internal feature, nor foreign hosts', async () => {
  const origin = await site.origin();
  assert.equal((await askAs('pair.example', `${origin}/names`, 'a')).status, 404);
  assert.equal((await askAs('other.example', `${origin}/front/`, 'b')).status, 421);
});

test('the status says where services reach each other', async () => {
  const { addresses } = await site.status();
  assert.match(addresses.internal ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  const { stdout } = await site.run('status');
  assert.ok(stdout.includes(`internal ${addresses.internal}`), stdout);
  const inner = await fetch(`${addresses.internal}/names`);
  assert.equal(inner.status, 200);
});

function askAs(
  host: string,
  url: string,
  id: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'x-request-id': id };
    const call = request(url, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on('error', reject).end();
  });
}
