import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { openFilesystemBlobs } from '../../src/adapters/filesystem/blobs.ts';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import { CONFIGURATION_KEY, type Endpoint, ENDPOINTS_PREFIX } from '../../src/contract/keys.ts';
import type { Hysteresis } from '../../src/data-plane/gateway/ladder/hysteresis.ts';
import type { WrittenConfiguration } from '../../src/data-plane/read-configuration.ts';
import type { QueueOptions } from '../../src/data-plane/gateway/writes/open-queue.ts';
import { startWorker, type Worker, type WorkerLimits } from '../../src/data-plane/worker.ts';
import { noEdge } from '../../src/derive/edge/derive-edge.ts';
import type { EdgeConfiguration } from '../../src/derive/edge/edge-configuration.ts';
import type {
  TlsConfiguration,
  WorkerConfiguration,
} from '../../src/derive/worker-configuration.ts';
import type { Route } from '../../src/derive/routes/route-table.ts';
import type { JsonValue } from '../../src/lib/json.ts';
import type { Log } from '../../src/lib/log.ts';
import type { Randomness } from '../../src/ports/randomness/port.ts';
import type { Journal } from '../../src/ports/journal/port.ts';
import type { State } from '../../src/ports/state/port.ts';
import type { Blobs } from '../../src/ports/blobs/port.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A worker on a state and blobs of its own, and what a controller would write into them. */
export interface SiteWorker extends AsyncDisposable {
  readonly worker: Worker;
  readonly port: number;
  /** With TLS, where a site directory with certificates was given. */
  readonly httpsPort: number;
  readonly ticketsFile: string;
  /** Of the listener where services reach each other. */
  readonly internalPort: number;
  readonly state: State;
  readonly blobs: Blobs;
  readonly journal: Journal;
  readonly folder: string;
  readonly lastGoodFolder: string;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: unknown }[];
  configure(configuration: WrittenConfiguration): Promise<void>;
  announce(service: string, endpoints: readonly Endpoint[]): Promise<void>;
}

const anyPort = { address: '127.0.0.1', port: 0 };

export async function startSiteWorker(
  configuration: WrittenConfiguration,
  endpoints: Readonly<Record<string, readonly Endpoint[]>> = {},
  limits: Partial<WorkerLimits> = {},
  siteDirectory: string | null = null,
  parts: {
    readonly randomness?: Randomness;
    readonly blobs?: readonly string[];
    readonly hysteresis?: Hysteresis;
    readonly snapshotEveryMs?: number;
    /** Where one was before, whose state, blobs and last good it finds again. */
    readonly folder?: string;
    readonly queue?: QueueOptions;
    readonly token?: string;
  } = {},
): Promise<SiteWorker> {
  const folder = parts.folder ?? (await temporaryFolder('worker'));
  const lastGoodFolder = join(folder, 'last-good');
  const ticketsFile = join(folder, 'tickets.json');
  await mkdir(lastGoodFolder, { recursive: true });
  const state = await openSqliteState({ folder });
  const journal = await openSqliteJournal({ folder });
  const blobs = await openFilesystemBlobs({ folder: join(folder, 'blobs') });
  for (const content of parts.blobs ?? []) await blobs.put(Buffer.from(content, 'latin1'));
  const logged: SiteWorker['logged'] = [];
  const record =
    (level: string): Log['info'] =>
    (message, fields) =>
      void logged.push({ level, message, fields });
  const log: Log = {
    progress: (message) => void logged.push({ level: 'progress', message, fields: undefined }),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
  const configure = async (value: WrittenConfiguration): Promise<void> => {
    const digest = await blobs.put(Buffer.from(JSON.stringify(value)));
    await state.put(CONFIGURATION_KEY, { digest, model: value.model });
  };
  const announce = async (service: string, instances: readonly Endpoint[]): Promise<void> => {
    const value = { service, instances } as unknown as JsonValue;
    await state.put(`${ENDPOINTS_PREFIX}${service}`, value);
  };
  for (const [service, instances] of Object.entries(endpoints)) await announce(service, instances);
  await configure(configuration);
  const worker = await startWorker({
    id: 'w1',
    state,
    blobs,
    clock: systemClock,
    randomness: parts.randomness ?? systemRandomness,
    listen: {
      http: anyPort,
      https: siteDirectory === null ? null : { ...anyPort, siteDirectory, ticketsFile },
      internal: anyPort,
    },
    lastGoodFolder,
    operatorToken: async () => parts.token ?? null,
    isFast: true,
    ...(parts.queue && { queue: parts.queue }),
    log,
    journal,
    limits,
    ...(parts.hysteresis && { hysteresis: parts.hysteresis }),
    ...(parts.snapshotEveryMs && { snapshotEveryMs: parts.snapshotEveryMs }),
  });
  return {
    worker,
    port: worker.address.port,
    httpsPort: worker.httpsAddress?.port ?? 0,
    ticketsFile,
    internalPort: worker.internalAddress?.port ?? 0,
    state,
    blobs,
    journal,
    folder,
    lastGoodFolder,
    logged,
    configure,
    announce,
    async [Symbol.asyncDispose]() {
      await worker.close({ drainMs: 0 });
      await Promise.all([state.close(), journal.close()]);
    },
  };
}

/** A configuration of plain routes to services; fixed origins where `origins` names some. */
export function plainConfiguration(
  routes: readonly Partial<Route>[],
  parts: {
    readonly origins?: Readonly<Record<string, readonly string[]>>;
    readonly hosts?: readonly string[];
    readonly trustedHops?: readonly string[];
    readonly limitInFlight?: number;
    readonly model?: string;
    readonly tls?: TlsConfiguration;
    readonly edge?: EdgeConfiguration;
  } = {},
): WorkerConfiguration {
  const full = routes.map((route): Route => ({ ...plainRoute, ...route }));
  const services = [...new Set(full.map((route) => route.service))];
  return {
    version: 3,
    model: parts.model ?? 'sha256:test',
    routes: {
      hosts: parts.hosts ?? [],
      trustedHops: parts.trustedHops ?? [],
      frontends: [],
      routes: full,
    },
    policies: {
      services: services.map((service) => ({
        service,
        origins: parts.origins?.[service] ?? null,
        limitInFlight: parts.limitInFlight ?? 1_000,
        needs: [],
      })),
      features: [],
    },
    tls: parts.tls ?? { certificates: [], redirectToHttps: false, http2: true },
    edge: parts.edge ?? noEdge,
  };
}

const plainRoute: Route = {
  feature: 'origin.all',
  service: 'origin',
  hosts: [],
  method: 'ANY',
  path: '/**',
  depth: 0,
  internal: false,
  deadlineMs: 3_000,
  bodyBytes: 1024 * 1024,
  rewrite: null,
  cors: null,
};

/** The configuration of a plain reverse proxy: one service with a fixed origin takes everything. */
export function reverseProxy(originPort: number, route: Partial<Route> = {}): WorkerConfiguration {
  return plainConfiguration([route], { origins: { origin: [`http://127.0.0.1:${originPort}`] } });
}

export function readyEndpoint(id: string, port: number): Endpoint {
  return { id, address: `127.0.0.1:${port}`, release: 'sha256:test', state: 'ready' };
}
