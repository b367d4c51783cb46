import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

let authority: TestAuthority;
const servers: Server[] = [];
const sites: TestSite[] = [];
before(async () => {
  authority = await createAuthority();
  await authority.issue('named', ['localhost']);
  await authority.issue('misnamed', ['elsewhere.example']);
});
after(async () => {
  for (const site of sites) await site.close();
  for (const server of servers) server.close().closeAllConnections();
});

/** An origin with TLS; it says which Host and server name it heard, and echoes the body. */
async function startOrigin(issued: string): Promise<number> {
  const [cert, key] = ['crt', 'key'].map((part) =>
    readFileSync(`${authority.folder}/${issued}.${part}`),
  );
  const server = createServer({ cert, key }, (request, response) => {
    const { servername } = request.socket as unknown as { readonly servername: string };
    response.setHeader('x-heard', `${request.headers.host} ${servername}`);
    request.pipe(response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function siteBefore(
  port: number,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly url: string; readonly site: TestSite }> {
  const site = await createSite({
    'site.yaml': `turnout: 1
site: fronted
what: A site in front of a service that is reached by TLS.
services: [services/*]
listen: { workers: 1 }
`,
    'services/old/service.yaml': `turnout: 1
service: old
what: Runs elsewhere.
at: ["https://localhost:${port}"]
features:
  everything: { tier: important, routes: [ANY /**] }
`,
  });
  sites.push(site);
  const { code, stderr } = await site.runWith(environment, 'up', '--detach');
  assert.equal(code, 0, stderr);
  return { url: await site.origin(), site };
}

test('an origin is reached by TLS, its certificate verified by an authority we name', async () => {
  const port = await startOrigin('named');
  const { url } = await siteBefore(port, { NODE_EXTRA_CA_CERTS: authority.caFile });
  const body = 'x'.repeat(300_000);
  for (let n = 0; n < 3; n++) {
    const answer = await fetch(`${url}/a`, { method: 'POST', body });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-heard'), `localhost:${port} localhost`);
    assert.ok((await answer.text()) === body);
  }
});

async function answerTo(url: string): Promise<readonly [status: number, code: unknown]> {
  const answer = await fetch(url);
  const { code } = (await answer.json()) as { readonly code: unknown };
  return [answer.status, code];
}

test('an origin of an unknown authority is not believed', async () => {
  const port = await startOrigin('named');
  const { url } = await siteBefore(port, { NODE_EXTRA_CA_CERTS: '' });
  assert.deepEqual(await answerTo(`${url}/`), [502, 'connection-refused']);
});

test('an origin with a certificate of another name is not believed', async () => {
  const port = await startOrigin('misnamed');
  const { url } = await siteBefore(port, { NODE_EXTRA_CA_CERTS: authority.caFile });
  assert.deepEqual(await answerTo(`${url}/`), [502, 'connection-refused']);
});
