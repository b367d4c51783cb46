import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CIRCUIT_REPORTS_PREFIX, type CircuitReport } from '../../../src/contract/circuits.ts';
import type { BreakerPolicy } from '../../../src/derive/policies/policies.ts';
import type { WorkerConfiguration } from '../../../src/derive/worker-configuration.ts';
import { eventually } from '../../support/eventually.ts';
import { deadPort, startOrigin } from '../../support/http-origin.ts';
import { plainConfiguration, readyEndpoint, startSiteWorker } from '../../support/site-worker.ts';

/** Small numbers, so that a test is over in a moment. */
const rule: BreakerPolicy = { errors: 0.5, slowMs: null, volume: 5, openMs: 400 };

/** Two features of one service: /shop, which needs a database, and /news, which does not. */
function twoFeatures(breaker: BreakerPolicy = rule): WorkerConfiguration {
  const plain = plainConfiguration([
    { feature: 'origin.shop', path: '/shop/**', depth: 1, deadlineMs: 300 },
    { feature: 'origin.news', path: '/news/**', depth: 1 },
  ]);
  const feature = (name: string, needs: readonly string[]) => ({
    feature: `origin.${name}`,
    tier: 'important' as const,
    once: false,
    cache: { kind: 'none' as const },
    missingMs: null,
    query: null,
    needs,
    ladder: [],
  });
  return {
    ...plain,
    policies: {
      services: [{ service: 'origin', origins: null, limitInFlight: 100, needs: [], breaker }],
      features: [feature('shop', ['db.primary']), feature('news', [])],
    },
  };
}

interface Told {
  readonly status: number;
  readonly code: string | null;
  readonly retryAfter: string | null;
}

async function ask(port: number, path: string, method = 'GET'): Promise<Told> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  const text = await answer.text();
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  const code = isProblem ? (JSON.parse(text) as { code: string }).code : null;
  return { status: answer.status, code, retryAfter: answer.headers.get('retry-after') };
}

async function askOften(count: number, port: number, path: string, method = 'GET') {
  const all: Told[] = [];
  for (let n = 0; n < count; n++) all.push(await ask(port, `${path}${n}`, method));
  return all;
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a breaker in front of a feature', () => {
  it('opens when its need is lost, refuses at once, and closes by one that tries', async () => {
    let lost = true;
    await using origin = await startOrigin((_request, response) => {
      if (lost) response.writeHead(503, { 'service-health': 'db.primary=down' });
      response.end('x');
    });
    await using site = await startSiteWorker(twoFeatures(), {
      origin: [readyEndpoint('i1', origin.port)],
    });
    const failed = await askOften(5, site.port, '/shop/');
    assert.deepEqual(new Set(failed.map(({ code }) => code)), new Set([null]));
    const asked = origin.requests;
    const refused = await askOften(5, site.port, '/shop/');
    for (const one of refused) {
      assert.deepEqual([one.status, one.code], [503, 'circuit-open']);
      assert.equal(one.retryAfter, '1');
    }
    assert.equal(origin.requests, asked, 'the service hears of none of them');
    const report = await eventually('it is told to state', async () => {
      const entry = await site.state.get(`${CIRCUIT_REPORTS_PREFIX}w1`);
      const told = (entry?.value ?? null) as CircuitReport | null;
      return told?.circuits.find(({ state }) => state === 'open');
    });
    assert.equal(report.circuit, 'origin.shop/reads');
    assert.deepEqual(report.reason, { calls: 5, failed: 5, slow: 0, need: 'db.primary' });
    lost = false;
    await passed(450);
    const well = await askOften(5, site.port, '/shop/');
    assert.deepEqual(new Set(well.map(({ status }) => status)), new Set([200]));
  });

  it('leaves other features alone, and the writes where only reads fail', async () => {
    await using origin = await startOrigin((request, response) => {
      const fails = request.method === 'GET' && request.url?.startsWith('/shop') === true;
      if (fails) response.writeHead(503);
      response.end('x');
    });
    await using site = await startSiteWorker(twoFeatures(), {
      origin: [readyEndpoint('i1', origin.port)],
    });
    await askOften(20, site.port, '/shop/');
    assert.equal((await ask(site.port, '/shop/')).code, 'circuit-open');
    for (const one of await askOften(10, site.port, '/news/')) assert.equal(one.status, 200);
    for (const one of await askOften(10, site.port, '/shop/', 'POST')) {
      assert.equal(one.status, 200);
    }
  });

  it('counts what is too late, calls that are slow where that is said, and no 4xx', async () => {
    await using origin = await startOrigin((request, response) => {
      if (request.url?.startsWith('/shop') === true) return;
      if (request.method === 'POST') response.writeHead(422);
      setTimeout(() => response.end('x'), request.method === 'POST' ? 0 : 60);
    });
    await using site = await startSiteWorker(twoFeatures({ ...rule, slowMs: 50 }), {
      origin: [readyEndpoint('i1', origin.port)],
    });
    const late = await askOften(6, site.port, '/shop/');
    assert.deepEqual(
      late.map(({ code }) => code),
      [...Array.from({ length: 5 }, () => 'deadline-exceeded'), 'circuit-open'],
    );
    const slow = await askOften(6, site.port, '/news/');
    assert.deepEqual(
      slow.map(({ status }) => status),
      [200, 200, 200, 200, 200, 503],
    );
    for (const one of await askOften(10, site.port, '/news/', 'POST')) {
      assert.equal(one.status, 422);
    }
  });
});

describe('a breaker in front of a service', () => {
  it('opens for all features when it cannot be reached; a new instance closes it', async () => {
    await using origin = await startOrigin();
    const breaker = { ...rule, openMs: 60_000 };
    await using site = await startSiteWorker(twoFeatures(breaker), {
      origin: [readyEndpoint('dead', await deadPort())],
    });
    const unreached = await askOften(5, site.port, '/shop/');
    assert.deepEqual(new Set(unreached.map(({ code }) => code)), new Set(['connection-refused']));
    assert.equal((await ask(site.port, '/news/')).code, 'circuit-open');
    assert.equal((await ask(site.port, '/news/')).retryAfter, '60');
    await site.announce('origin', [readyEndpoint('i1', origin.port)]);
    for (let tries = 0; tries < 100; tries++) {
      if ((await ask(site.port, '/news/')).status === 200) break;
      await passed(20);
    }
    for (const one of await askOften(5, site.port, '/shop/')) assert.equal(one.status, 200);
  });
});
