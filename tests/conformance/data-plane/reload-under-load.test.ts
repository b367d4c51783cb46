import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { describe, it } from 'node:test';

import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { askHttp2, openHttp2 } from '../../support/http2-client.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { secured } from '../../support/secured-site.ts';
import type { SiteWorker } from '../../support/site-worker.ts';

const SWAPS = count(20, 200);

interface Outcomes {
  /** Each at a path of its own, so that none is answered by another's answer. */
  asked: number;
  answers: number;
  readonly failed: string[];
}

describe('a configuration that changes under load', () => {
  it(`fails no request in HTTP/1.1 or HTTP/2, ${SWAPS} times: routes, origins, certificates`, async () => {
    await using first = await startOrigin((_req, res) => res.end('first'));
    await using second = await startOrigin((_req, res) => res.end('second'));
    const setting = await secured(first.port);
    await using site = await setting.start();
    const renewed = await setting.authority.issue('renewed', ['site.example']);
    const stop = new AbortController();
    const outcomes: Outcomes = { asked: 0, answers: 0, failed: [] };
    const load = [
      ...Array.from({ length: 4 }, () =>
        loadHttp1(site, setting.authority.ca, outcomes, stop.signal),
      ),
      ...Array.from({ length: 4 }, () =>
        loadHttp2(site, setting.authority.ca, outcomes, stop.signal),
      ),
    ];
    const plain = setting.configuration();
    for (let swap = 0; swap < SWAPS && outcomes.failed.length === 0; swap += 1) {
      const isEven = swap % 2 === 0;
      const origin = [`http://127.0.0.1:${(isEven ? second : first).port}`];
      const certificates = isEven
        ? [{ ...renewed, hosts: [] }, ...plain.tls.certificates]
        : plain.tls.certificates;
      const more = {
        model: `sha256:${swap}`,
        origins: { origin },
        hosts: isEven ? ['site.example', `a${swap}.example`] : [],
        limitInFlight: 900 + swap,
        tls: { certificates, redirectToHttps: isEven, http2: true },
      };
      await site.configure(setting.configuration(more, { deadlineMs: 20_000 + swap }));
      await eventually('it is in force', () => site.worker.stats().model === more.model);
      const before = outcomes.answers;
      await eventually(
        'it serves',
        () => outcomes.answers > before + 20 || outcomes.failed.length > 0,
      );
    }
    stop.abort();
    await Promise.all(load);
    assert.deepEqual(outcomes.failed, []);
    assert.ok(first.requests > 10 && second.requests > 10, 'both origins were asked');
    assert.equal(site.worker.stats().refused, null);
    reportNumbers('configurations changed under load', { swaps: SWAPS, answers: outcomes.answers });
  });
});

/** One request after the other on a kept connection. */
async function loadHttp1(
  site: SiteWorker,
  ca: string,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, servername: 'site.example' });
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { host: 'site.example' };
      const asking = {
        agent,
        host: '127.0.0.1',
        port: site.httpsPort,
        path: `/${outcomes.asked++}`,
        headers,
      };
      request(asking, (res) => {
        res
          .resume()
          .on('end', () => resolve(res.statusCode ?? 0))
          .on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  await keepAsking(ask, outcomes, signal);
  agent.destroy();
}

/** Two at a time on one connection. */
async function loadHttp2(
  site: SiteWorker,
  ca: string,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  const session = await openHttp2(site.httpsPort, ca);
  const ask = async (): Promise<number> => {
    const head = { ':path': `/${outcomes.asked++}` };
    const both = await Promise.all([askHttp2(session, head), askHttp2(session, head)]);
    return both.find(({ status }) => status !== 200)?.status ?? 200;
  };
  await keepAsking(ask, outcomes, signal);
  session.destroy();
}

async function keepAsking(
  ask: () => Promise<number>,
  outcomes: Outcomes,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const status = await ask();
      if (status === 200) outcomes.answers += 1;
      else outcomes.failed.push(String(status));
    } catch (error) {
      outcomes.failed.push(String(error));
    }
  }
}
