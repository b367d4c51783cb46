import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { plainConfiguration, readyEndpoint, startSiteWorker } from '../../support/site-worker.ts';

async function askOften(count: number, port: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) {
    const answer = await fetch(`http://127.0.0.1:${port}/${n}`);
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  return statuses;
}

describe('an instance that answers badly among others that answer well', () => {
  it('is put aside after some errors, and the others take what it would have got', async () => {
    await using bad = await startOrigin((_request, response) => {
      response.writeHead(500);
      response.end('x');
    });
    await using first = await startOrigin();
    await using second = await startOrigin();
    const origins = [bad, first, second];
    await using site = await startSiteWorker(plainConfiguration([{}]), {
      origin: origins.map((origin, n) => readyEndpoint(`i${n}`, origin.port)),
    });
    // Of equals the faster one is asked more often, so how many this takes is not known.
    await eventually('it had its chance', async () => {
      await askOften(20, site.port);
      return bad.requests >= 10;
    });
    const before = bad.requests;
    const statuses = await askOften(60, site.port);
    assert.equal(bad.requests, before);
    assert.deepEqual(new Set(statuses), new Set([200]));
  });
});

describe('an address that Turnout does not run', () => {
  it('is left out while it does not answer its health check, and taken in again', async () => {
    let isWell = false;
    const checks: string[] = [];
    await using sick = await startOrigin((request, response) => {
      if (request.url === '/healthz') {
        checks.push(String(request.headers['user-agent']));
        response.writeHead(isWell ? 200 : 500);
      }
      response.end('x');
    });
    await using well = await startOrigin((_request, response) => response.end('x'));
    const urls = [sick, well].map(({ port }) => `http://127.0.0.1:${port}`);
    const plain = plainConfiguration([{}]);
    const health = { path: '/healthz', everyMs: 100, timeoutMs: 100, failures: 2 };
    await using site = await startSiteWorker({
      ...plain,
      policies: {
        services: [{ service: 'origin', origins: urls, limitInFlight: 100, needs: [], health }],
        features: [],
      },
    });
    await eventually('some checks have failed', () => checks.length >= 4);
    assert.deepEqual(new Set(checks), new Set(['turnout-health']));
    const asked = (): number => sick.requests - checks.length;
    const before = asked();
    await askOften(40, site.port);
    assert.equal(asked(), before, 'it got none of them');
    isWell = true;
    await eventually('it is asked again', async () => {
      await askOften(20, site.port);
      return asked() > before;
    });
  });
});
