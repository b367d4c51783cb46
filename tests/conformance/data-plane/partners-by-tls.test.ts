import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { startPartnerSite } from '../../support/partner-site.ts';

let authority: TestAuthority;
const servers: Server[] = [];
before(async () => {
  authority = await createAuthority();
  await authority.issue('named', ['localhost']);
  await authority.issue('misnamed', ['elsewhere.example']);
  setDefaultCACertificates([...getCACertificates(), authority.ca]);
});
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

/** A partner that says by which Host and server name it was asked. */
async function startPartner(issued: string): Promise<number> {
  const [cert, key] = ['crt', 'key'].map((part) =>
    readFileSync(`${authority.folder}/${issued}.${part}`),
  );
  const server = createServer({ cert, key }, (request, response) => {
    const { servername } = request.socket as unknown as { readonly servername: string };
    response.end(`${request.headers.host} ${servername}`);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a partner is asked by its name, which its certificate must have', async () => {
  const named = await startPartner('named');
  await using site = await startPartnerSite(`https://localhost:${named}/v2`, '{ cache: none }');
  const answer = await eventually('its name is looked up', async () => {
    const { status, body } = await site.ask('/a');
    return status === 200 ? body : null;
  });
  assert.equal(answer, `localhost:${named} localhost`);
  const misnamed = await startPartner('misnamed');
  await site.move(`https://localhost:${misnamed}`);
  await eventually('its certificate is refused', async () => {
    const { status, body } = await site.ask('/a');
    assert.notEqual(status, 200);
    return status === 502 && body.includes('refused');
  });
  assert.ok(!JSON.stringify(site.site.logged).includes('/a'));
});

test('one at the address of another is not asked on the connections of that', async () => {
  const port = await startPartner('named');
  await using site = await startPartnerSite(`https://localhost:${port}`, '{ cache: none }');
  await eventually('it answers', async () => (await site.ask('/a')).status === 200);
  await site.move(`https://127.0.0.1:${port}`);
  // No certificate of its holds for the address.
  assert.notEqual((await site.ask('/a')).status, 200);
});
