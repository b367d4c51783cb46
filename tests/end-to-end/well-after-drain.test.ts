import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { SiteHealth } from '../../src/contract/site-health.ts';
import { eventually } from '../support/eventually.ts';
import { giftsSite } from '../support/gifts-site.ts';
import { createSite } from '../support/site-harness.ts';

/** Of the first failure; the rungs of a worker that nobody needs are left after 30 s. */
const LONG_MS = 60_000;

let isWell = true;
const service = createServer((req, res) => {
  req.resume().once('end', () => res.writeHead(isWell ? 201 : 503).end());
});
service.listen(0, '127.0.0.1');
await once(service, 'listening');
const { port } = service.address() as AddressInfo;
const site = await createSite(giftsSite({ port, workers: 2 }));
after(async () => {
  await site.close();
  service.close();
  service.closeAllConnections();
});

test('a feature whose queue has drained is well on all workers though nobody asks', async () => {
  await site.up();
  const origin = await site.origin();
  const give = async (n: number): Promise<number> => {
    const answer = await fetch(`${origin}/gifts`, {
      method: 'POST',
      // On each connection another worker may answer.
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ email: `${n}@x.example`, cents: n }),
    });
    return answer.status;
  };
  const health = async (): Promise<SiteHealth> =>
    (await (await fetch(`${origin}/.well-known/turnout/health`)).json()) as SiteHealth;
  assert.equal(await give(0), 201);
  isWell = false;
  for (let n = 1; n <= 20; n++) assert.equal(await give(n), 202);
  await eventually('it is told', async () => (await health()).state === 'degraded');

  isWell = true;
  await eventually('health says well', async () => (await health()).state === 'up', LONG_MS);
  const isOnNoRung = async (): Promise<boolean> => {
    const { features } = await site.status();
    return features.every(({ rung }) => rung === null);
  };
  await eventually('status says so too', isOnNoRung, LONG_MS);
});
