import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { startOrigin } from '../../support/http-origin.ts';
import { type IssuedCertificate, createAuthority } from '../../support/certificates.ts';
import type { TestAuthority } from '../../support/certificates.ts';
import { converse, finalStatusOf } from '../../support/raw-http.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from '../../support/site-worker.ts';
import { askByTls } from '../../support/tls-client.ts';

let authority: TestAuthority;
let first: IssuedCertificate;
let second: IssuedCertificate;
before(async () => {
  authority = await createAuthority();
  first = await authority.issue('first', ['site.example']);
  second = await authority.issue('second', ['donate.example', '*.donate.example']);
});

async function startSecured(
  originPort: number,
  more: {
    readonly redirectToHttps?: boolean;
    readonly http2?: boolean;
    readonly trustedHops?: readonly string[];
  } = {},
): Promise<SiteWorker> {
  const { redirectToHttps = false, http2 = true, trustedHops = [] } = more;
  const certificates = [first, second].map(({ certificate, key }) => ({
    certificate,
    key,
    hosts: [],
  }));
  const configuration = plainConfiguration([{}], {
    origins: { origin: [`http://127.0.0.1:${originPort}`] },
    hosts: ['site.example', 'donate.example', '*.donate.example'],
    trustedHops,
    tls: { certificates, redirectToHttps, http2 },
  });
  return startSiteWorker(configuration, {}, {}, authority.folder);
}

describe('the public side with TLS', () => {
  it('shows each host its own certificate, by name and by wildcard', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    const ask = (name: string) => askByTls({ port: site.httpsPort, ca: authority.ca, name });
    for (const [name, shown] of [
      ['site.example', 'DNS:site.example'],
      ['donate.example', 'DNS:donate.example, DNS:*.donate.example'],
      ['DONATE.example', 'DNS:donate.example, DNS:*.donate.example'],
      ['a.donate.example', 'DNS:donate.example, DNS:*.donate.example'],
    ] as const) {
      const answer = await ask(name);
      assert.deepEqual([answer.status, answer.shown], [200, shown], name);
      assert.equal(answer.alpn, 'http/1.1');
      assert.equal(answer.protocol, 'TLSv1.3');
    }
  });

  it('shows the first to who names none or a stranger, and answers the stranger 421', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    const port = site.httpsPort;
    const unnamed = await askByTls({ port, ca: authority.ca, name: null, host: 'site.example' });
    assert.deepEqual([unnamed.status, unnamed.shown], [200, 'DNS:site.example']);
    const name = 'other.example';
    const lax = { checkServerIdentity: () => undefined };
    const stranger = await askByTls({ port, ca: authority.ca, name, ...lax });
    assert.deepEqual([stranger.status, stranger.shown], [421, 'DNS:site.example']);
  });

  it('speaks TLS 1.2 and 1.3, nothing older, and no HTTP/2 where it is off', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port, { http2: false });
    const asking = { port: site.httpsPort, ca: authority.ca, name: 'site.example' };
    assert.equal((await askByTls({ ...asking, maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await assert.rejects(askByTls({ ...asking, ...old }), /alert protocol version|unsupported/);
    const h2 = askByTls({ ...asking, ALPNProtocols: ['h2'] });
    await assert.rejects(h2, /no application protocol/);
    const both = await askByTls({ ...asking, ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(both.alpn, 'http/1.1');
  });

  it('says https to the service, whatever the client says', async () => {
    await using origin = await startOrigin((req, res) => res.end(JSON.stringify(req.headers)));
    await using site = await startSecured(origin.port);
    const answer = await askByTls({
      port: site.httpsPort,
      ca: authority.ca,
      name: 'site.example',
      lines: 'X-Forwarded-Proto: http\r\nForwarded: proto=http\r\n',
    });
    assert.match(answer.text, /"x-forwarded-proto":"https"/);
    assert.match(
      answer.text,
      /"forwarded":"for=127\.0\.0\.1;host=\\"site\.example\\";proto=https"/,
    );
  });

  it('resets an answer that breaks off, so that it never looks whole', async () => {
    await using origin = await startOrigin((_req, res) => {
      res.write('half');
      setTimeout(() => res.destroy(), 50);
    });
    await using site = await startSecured(origin.port);
    const asking = { port: site.httpsPort, ca: authority.ca, name: 'site.example' };
    await assert.rejects(askByTls(asking), /ECONNRESET/);
  });

  it('ends who speaks plain HTTP to it, and goes on', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    const said = await converse(site.httpsPort, 'GET / HTTP/1.1\r\nHost: site.example\r\n\r\n');
    assert.notEqual(said.ending, 'silent');
    assert.doesNotMatch(said.text, /HTTP/);
    const asking = { port: site.httpsPort, ca: authority.ca, name: 'site.example' };
    assert.equal((await askByTls(asking)).status, 200);
  });
});

describe('plain HTTP beside TLS', () => {
  const ask = (port: number, head: string) =>
    converse(port, `${head}\r\n\r\n`, (text) => text.includes('\r\n\r\n'));

  it('is sent to the same address with 308, but for challenges of certificates', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port, { redirectToHttps: true });
    const { port, httpsPort } = site;
    const moved = await ask(port, 'POST /a/../b%20c?d=e&f HTTP/1.1\r\nHost: Donate.example:80');
    assert.equal(finalStatusOf(moved.text), 308);
    const location = `location: https://donate.example:${httpsPort}/b%20c?d=e&f\r\n`;
    assert.ok(moved.text.toLowerCase().includes(location), moved.text);
    const challenge = 'GET /.well-known/acme-challenge/token HTTP/1.1\r\nHost: site.example';
    assert.equal(finalStatusOf((await ask(port, challenge)).text), 200);
    const around = 'GET /.well-known/acme-challenge/../../x HTTP/1.1\r\nHost: site.example';
    assert.equal(finalStatusOf((await ask(port, around)).text), 308);
    const stranger = 'GET / HTTP/1.1\r\nHost: other.example';
    assert.equal(finalStatusOf((await ask(port, stranger)).text), 421);
    const secured = await askByTls({ port: httpsPort, ca: authority.ca, name: 'site.example' });
    assert.equal(secured.status, 200);
  });

  it('is served where a trusted hop says that the client came with TLS', async () => {
    await using origin = await startOrigin();
    const more = { redirectToHttps: true, trustedHops: ['127.0.0.1'] };
    await using site = await startSecured(origin.port, more);
    const head = 'GET / HTTP/1.1\r\nHost: site.example\r\nX-Forwarded-Proto: https';
    assert.equal(finalStatusOf((await ask(site.port, head)).text), 200);
  });

  it('is served as it comes where nobody wants the redirect, and inside always', async () => {
    await using origin = await startOrigin();
    await using site = await startSecured(origin.port);
    const head = 'GET / HTTP/1.1\r\nHost: site.example';
    assert.equal(finalStatusOf((await ask(site.port, head)).text), 200);
    await using redirecting = await startSecured(origin.port, { redirectToHttps: true });
    assert.equal(finalStatusOf((await ask(redirecting.internalPort, head)).text), 200);
  });
});
