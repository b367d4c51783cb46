import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tableStateKey } from '../../../src/contract/table-names.ts';
import type { LiveTableEntry } from '../../../src/contract/tables.ts';
import { Bans } from '../../../src/data-plane/edge/bans.ts';
import type { Exchange } from '../../../src/data-plane/exchange.ts';
import { parseAddress } from '../../../src/lib/address.ts';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { plainConfiguration, readyEndpoint, startSiteWorker } from '../../support/site-worker.ts';

function ban(key: string): LiveTableEntry {
  const rest = { value: null, isRemoved: false, why: null, atMs: 0, expiresMs: null };
  return { table: 'bans', key, author: 'ada', ...rest };
}

describe('a client whose address is banned is turned away before anything else is asked', () => {
  it('is told nothing but that, on any host, and only as long as the ban is there', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(
      plainConfiguration([{}], { trustedHops: ['127.0.0.1'], hosts: ['here.example'] }),
      { origin: [readyEndpoint('a', origin.port)] },
    );
    const ask = (client: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${site.port}/any`, {
        headers: { 'x-forwarded-for': client, ...headers },
      });
    const key = tableStateKey('bans', '203.0.113.0/24');
    await site.state.put(key, ban('203.0.113.0/24'));
    await eventually('it is in force', async () => (await ask('203.0.113.7')).status === 403);
    const answer = await ask('::ffff:203.0.113.9');
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const body = await answer.text();
    assert.equal((JSON.parse(body) as { code: string }).code, 'banned');
    assert.doesNotMatch(body, /203\.0\.113|ada/);
    assert.equal((await ask('203.0.114.1')).status, 421, 'all others are asked for their host');
    // What a client says of itself is not believed beyond the last hop that is trusted.
    assert.equal((await ask('203.0.113.7, 198.51.100.1')).status, 421);
    assert.equal(origin.requests, 0);
    await site.state.delete(key);
    await eventually('it is over', async () => (await ask('203.0.113.7')).status === 421);
  });

  it('holds for requests between services of the site in no case', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(plainConfiguration([{ internal: true }]), {
      origin: [readyEndpoint('a', origin.port)],
    });
    await site.state.put(tableStateKey('bans', '127.0.0.0/8'), ban('127.0.0.0/8'));
    const status = async (port: number): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/`)).status;
    await eventually('it is in force', async () => (await status(site.port)) === 403);
    assert.equal(await status(site.internalPort), 200);
  });

  it('answers as edge.yaml says, and never what another edge node brings', () => {
    const bans = new Bans({ isBanned: () => true });
    bans.prepare(
      {
        status: 819,
        reason: 'Bad Taco',
        page: 'pages/bad-taco.html',
        headers: { 'X-Wall': 'yes', 'Cache-Control': 'max-age=60' },
        edgeNodes: ['192.0.2.0/28'],
      },
      (file) => `<p>${file}`,
    )();
    const from = (address: string, peer: string): Exchange => {
      const client = { address, ip: parseAddress(address), peerIp: parseAddress(peer) };
      return { id: 'x', request: { client } } as unknown as Exchange;
    };
    const answer = bans.check(from('203.0.113.7', '203.0.113.7'));
    assert.equal(answer?.status, 819);
    assert.equal(answer?.reason, 'Bad Taco');
    assert.equal(String(answer?.body), '<p>pages/bad-taco.html');
    assert.deepEqual(answer?.headers, [
      'x-wall',
      'yes',
      'cache-control',
      'no-store',
      'content-type',
      'text/html; charset=utf-8',
    ]);
    assert.equal(bans.check(from('203.0.113.7', '192.0.2.5')), null);
    assert.equal(bans.check(from('203.0.113.7', '192.0.2.99'))?.status, 819);
  });
});
