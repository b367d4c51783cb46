import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { openLastGood } from '../../../src/data-plane/last-good.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { createLog } from '../../../src/lib/log.ts';
import { edgeOf, startEdgeSite } from '../../support/edge-site.ts';
import { mmdbFile } from '../../support/mmdb-file.ts';

const database = Buffer.from(
  mmdbFile('Country', [{ network: '203.0.113.0/24', record: { country_code: 'FR' } }]),
).toString('latin1');
const networks = Buffer.from(
  mmdbFile('ASN', [{ network: '203.0.113.0/24', record: { autonomous_system_number: 64500 } }]),
).toString('latin1');

describe('what a condition knows', () => {
  it('is country and network of the client, whoever passes it on', async () => {
    await using site = await startEdgeSite(
      `
turnout: 1
geo: { country: geo/country.mmdb, asn: geo/asn.mmdb }
rules:
  - { name: abroad, when: 'client.country == "FR"', respond: 451 }
  - name: hop
    when: 'client.trusted_hop && client.as_number == 0 && request.path == "/hop"'
    respond: 299
`,
      { files: { 'geo/country.mmdb': database, 'geo/asn.mmdb': networks } },
    );
    assert.equal((await site.ask('/', { address: '203.0.113.9' })).status, 451);
    assert.equal((await site.ask('/', { address: '192.0.2.9' })).status, 200);
    assert.equal((await site.ask('/', { address: '127.0.0.1' })).status, 200);
    assert.equal((await site.ask('/hop')).status, 299);
  });

  it('is each part of the request, repeated ones joined', async () => {
    await using site = await startEdgeSite(`
turnout: 1
rules:
  - { name: query, when: 'request.query.a == "1, 2 3" && !("b" in request.query)', respond: 290 }
  - { name: cookie, when: 'request.cookies["k"] == "v=1"', respond: 291 }
  - name: header
    when: 'request.headers["x-a"] == "1, 2" && size(request.headers) > 1'
    respond: 292
  - { name: body, when: 'request.body_bytes == 5', respond: 293 }
  - { name: host, when: 'request.host == "other.example"', respond: 294 }
  - { name: pattern, when: 'request.path.matches("^/v[0-9]+/(?:a|b)$")', respond: 295 }
`);
    const statuses = [
      await site.ask('/?a=1&a=2+3'),
      await site.ask('/?a=1&a=2+3&b=1'),
      await site.ask('/', { headers: { cookie: 'x; k=v=1 ; y=2' } }),
      await site.ask('/', { method: 'PUT', body: '12345', headers: { 'content-length': '5' } }),
      await site.ask('/', { headers: { host: 'other.example:8080' } }),
      await site.ask('/v12/b'),
      await site.ask('/v12/c'),
    ].map(({ status }) => status);
    assert.deepEqual(statuses, [290, 200, 291, 293, 294, 295, 200]);
    const raw = await rawStatus(site.site.port, ['X-A: 1', 'x-a: 2', 'X-Other: 1']);
    assert.equal(raw, 292);
  });

  it('is nothing where a header is missing: the rule does not hold, which is counted', async () => {
    await using site = await startEdgeSite(`
turnout: 1
rules:
  - { name: bots, when: 'request.headers["user-agent"].contains("bot")', respond: 403 }
  - { name: not-bots, when: '!request.headers["user-agent"].contains("bot")', respond: 403 }
`);
    assert.equal(await rawStatus(site.site.port, []), 200);
    assert.deepEqual([site.stats('bots').errors, site.stats('not-bots').errors], [1, 1]);
    assert.equal((await site.ask('/', { headers: { 'user-agent': 'a bot' } })).status, 403);
    assert.deepEqual([site.stats('bots').errors, site.stats('bots').hits], [1, 1]);
  });
});

describe('rules', () => {
  const yaml = `
turnout: 1
rules:
  - { name: closed, when: "true", respond: { status: 403, page: pages/closed.html } }
`;

  it('change between two requests, and one that cannot be compiled changes nothing', async () => {
    await using site = await startEdgeSite(yaml, { files: { 'pages/closed.html': 'closed' } });
    assert.equal((await site.ask('/')).body, 'closed');
    await site.change(yaml.replace('403', '410'));
    assert.equal((await site.ask('/')).status, 410);
    const edge = await edgeOf(yaml, { 'pages/closed.html': 'closed' });
    const [rule] = edge.rules;
    assert.ok(rule);
    const rules = [{ ...rule, when: 'request.none == "x"' }];
    const wrong = { ...site.configuration, model: 'sha256:wrong', edge: { ...edge, rules } };
    await site.site.configure(wrong);
    while (site.site.worker.stats().refused === null) {
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
    assert.match(site.site.worker.stats().refused ?? '', /request\.none/);
    assert.equal((await site.ask('/')).status, 410);
  });

  it('do not meet what services ask of each other', async () => {
    await using site = await startEdgeSite(yaml, { files: { 'pages/closed.html': 'closed' } });
    assert.equal(await rawStatus(site.site.internalPort, []), 200);
    assert.equal(await rawStatus(site.site.port, []), 403);
  });

  it('refuse a socket that asks for another protocol too', async () => {
    await using site = await startEdgeSite(
      'turnout: 1\nrules: [{ name: no, when: "true", respond: { status: 819, reason: Bad Taco } }]',
    );
    const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    assert.match(await raw(site.site.port, headers), /^HTTP\/1\.1 819 Bad Taco\r\n/);
  });

  it('are kept with their files, so that a worker starts without state and blobs', async () => {
    await using site = await startEdgeSite(yaml, { files: { 'pages/closed.html': 'closed' } });
    const log = createLog(2, 'test');
    const read = () => openLastGood(site.site.lastGoodFolder, systemClock, log).read();
    while (read().configuration === null) {
      await new Promise((resolve) => void setTimeout(resolve, 10));
    }
    const page = read().files.get('pages/closed.html');
    assert.equal(Buffer.from(page ?? []).toString(), 'closed');
    await site.change('turnout: 1');
    while (read().files.size > 0) await new Promise((resolve) => void setTimeout(resolve, 10));
    assert.equal(read().configuration?.model, site.site.worker.stats().model);
  });
});

async function rawStatus(port: number, headers: readonly string[]): Promise<number> {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(await raw(port, headers))?.[1]);
}

/** What comes back for a request with these header lines and no others. */
function raw(port: number, headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    socket.once('error', reject).once('close', () => resolve(text));
    const closing = headers.some((line) => /^connection/i.test(line)) ? [] : ['Connection: close'];
    const lines = ['GET / HTTP/1.1', 'Host: site.example', ...closing, ...headers];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}
