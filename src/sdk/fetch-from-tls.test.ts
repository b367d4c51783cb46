import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { after, test } from 'node:test';
import { createAuthority } from '../../tests/support/certificates.ts';
import { drop } from './drop.ts';
import { fetchFrom } from './fetch-from.ts';
import { NeedLostError } from './need-lost-error.ts';

const trusted = getCACertificates('default');
const closing: (() => unknown)[] = [() => setDefaultCACertificates(trusted)];
after(async () => {
  await drop();
  for (const close of closing) await close();
});

/** The partner at partner.test, which no name server knows, behind a link on this machine. */
async function partnerWithCertificateOf(name: string): Promise<{ readonly asked: unknown[] }> {
  const authority = await createAuthority();
  setDefaultCACertificates([...trusted, authority.ca]);
  const { certificate, key } = await authority.issue('partner', [name]);
  const asked: unknown[] = [];
  const pair = { cert: readFileSync(certificate), key: readFileSync(key) };
  const server = createServer(pair, ({ headers, socket }, outgoing) => {
    asked.push([headers.host, 'servername' in socket ? socket.servername : null]);
    outgoing.end('from the partner');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const { port } = server.address() as AddressInfo;
  await drop();
  process.env['NEED_PARTNER_URL'] = 'https://partner.test/v1';
  process.env['NEED_PARTNER_VIA'] = `127.0.0.1:${port}`;
  return { asked };
}

test('with TLS, a call through a link asks for the host of the need itself', async () => {
  const { asked } = await partnerWithCertificateOf('partner.test');
  const answer = await fetchFrom('partner', '/places');
  assert.equal(await answer.text(), 'from the partner');
  assert.deepEqual(asked, [['partner.test', 'partner.test']]);
});

test('with TLS, a link that leads to somebody else is told nothing', async () => {
  const { asked } = await partnerWithCertificateOf('somebody-else.test');
  await assert.rejects(
    fetchFrom('partner', '/places'),
    (error: unknown) => error instanceof NeedLostError && /ALTNAME_INVALID/.test(error.reason),
  );
  assert.deepEqual(asked, []);
});
