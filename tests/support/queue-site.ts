import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import type { FeaturePolicy } from '../../src/derive/policies/policies.ts';
import type { Route } from '../../src/derive/routes/route-table.ts';
import type { WorkerConfiguration } from '../../src/derive/worker-configuration.ts';
import { silentPolicy } from '../../src/data-plane/gateway/route/silent-policy.ts';
import type { Journal } from '../../src/ports/journal/port.ts';
import type { Writes } from '../../src/ports/writes/port.ts';
import { followWriteKeys } from '../../src/profiles/write-keys.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from './site-worker.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What reached the service. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A worker in front of a service that does as it is told, with a queue of its own on disk. */
export interface QueueSite extends AsyncDisposable {
  readonly worker: SiteWorker;
  readonly url: string;
  readonly writes: Writes;
  readonly journal: Journal;
  readonly folder: string;
  readonly seen: Seen[];
  /** How the service answers from now on; the default answers 201 with what it got. */
  answer(how: (seen: Seen, res: ServerResponse) => void): void;
}

export const FEATURE = 'origin.give';

export const queuePolicy: FeaturePolicy = {
  ...silentPolicy(FEATURE),
  once: true,
  needs: ['db.primary'],
  ladder: [
    {
      need: null,
      rungs: [{ kind: 'queue', forMs: 60_000, by: 'body.email', methods: ['POST', 'PUT'] }],
    },
  ],
  replay: { credential: null, perSecond: 200, page: null },
};

export async function startQueueSite(
  policy: Partial<FeaturePolicy> = {},
  route: Partial<Route> = {},
  writesFolder: string | null = null,
): Promise<QueueSite> {
  const folder = await temporaryFolder('queue');
  const seen: Seen[] = [];
  let how = well;
  const origin = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    const { method = '', url = '', headers } = req;
    const one = { method, path: url, headers, body };
    seen.push(one);
    how(one, res);
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  const writes = await openLogWrites({
    path: writesFolder ?? `${folder}/writes`,
    segmentBytes: 128 * 1024,
  });
  const journal = await openSqliteJournal({ folder });
  const log = { info() {}, warn() {}, error() {}, progress() {} };
  const parts = { clock: systemClock, randomness: systemRandomness, log };
  const keys = await followWriteKeys(`${folder}/keys.json`, parts);
  const configuration = queueConfiguration(port, policy, route);
  const worker = await startSiteWorker(configuration, {}, {}, null, {
    queue: { writes, keys: keys.keys, journal, holder: 'w1.1' },
  });
  return {
    worker,
    url: `http://127.0.0.1:${worker.port}`,
    writes,
    journal,
    folder,
    seen,
    answer: (next) => {
      how = next;
    },
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      keys.close();
      await writes.close();
      await journal.close();
      origin.closeAllConnections();
      origin.close();
    },
  };
}

/** What a worker is told of that service. */
export function queueConfiguration(
  port: number,
  policy: Partial<FeaturePolicy>,
  route: Partial<Route>,
): WorkerConfiguration {
  const plain = plainConfiguration([{ feature: FEATURE, ...route }], {
    origins: { origin: [`http://127.0.0.1:${port}`] },
  });
  const features = [{ ...queuePolicy, ...policy }];
  return { ...plain, policies: { ...plain.policies, features } };
}

function well(one: Seen, res: ServerResponse): void {
  res.writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'a=b', 'x-own': 'yes' });
  res.end(JSON.stringify({ taken: one.body }));
}

/** The service works again, as at the start. */
export const isWell = well;

/** It has lost its database, and says so. */
export function isDown(_: Seen, res: ServerResponse): void {
  res.writeHead(503, { 'content-type': 'text/plain' });
  res.end('no database');
}

export function giveTo(
  url: string,
  gift: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/gifts`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(gift),
  });
}
