import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { FRONTENDS_PREFIX, type FrontendPointer } from '../../src/contract/keys.ts';
import type { FrontendRoute } from '../../src/derive/routes/route-table.ts';
import { noEdge } from '../../src/derive/edge/derive-edge.ts';
import type { WorkerConfiguration } from '../../src/derive/worker-configuration.ts';
import type { Blobs } from '../../src/ports/blobs/port.ts';
import type { State } from '../../src/ports/state/port.ts';
import {
  publishFrontend,
  type PublishedFrontend,
} from '../../src/release/frontends/publish-frontend.ts';
import { eventually } from './eventually.ts';
import { rawGet } from './raw-get.ts';
import { startSiteWorker, type SiteWorker } from './site-worker.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type SiteFiles = Readonly<Record<string, string | Uint8Array>>;

export interface FrontendSite {
  readonly origin: string;
  /** Where the frontend's files lie. */
  readonly directory: string;
  readonly blobs: Blobs;
  readonly state: State;
  /** Holds the worker's state and blobs. */
  readonly folder: string;
  readonly logged: SiteWorker['logged'];
  /** Makes the folder hold these files and nothing else, and publishes it. */
  publish(files: SiteFiles): Promise<PublishedFrontend>;
  pointer(): Promise<FrontendPointer>;
}

/**
 * A real worker on the real adapters that serves one frontend, named `home`; stopped when the test
 * file is over.
 */
export async function startFrontendSite(
  files: SiteFiles,
  route: Partial<FrontendRoute> = {},
): Promise<FrontendSite> {
  const directory = await temporaryFolder('frontend');
  const { blobs, state, logged, ...site } = await startSiteWorker(
    configurationOf({ ...plainRoute, ...route }),
  );
  after(() => site[Symbol.asyncDispose]());
  const origin = `http://127.0.0.1:${site.port}`;
  const publish = async (files: SiteFiles): Promise<PublishedFrontend> => {
    await writeFiles(directory, files);
    return publishFrontend({
      name: 'home',
      directory,
      place: { ...plainRoute, ...route },
      blobs,
      state,
      clock: systemClock,
      progress: () => undefined,
    });
  };
  await publish(files);
  await eventually('the worker serves the frontend', async () => {
    const { status } = await rawGet(origin, route.prefix ?? '/');
    return status !== 503;
  });
  return {
    origin,
    directory,
    blobs,
    state,
    folder: dirname(site.lastGoodFolder),
    logged,
    publish,
    pointer: async () => {
      const entry = await state.get(`${FRONTENDS_PREFIX}home`);
      if (entry === null) throw new Error('nothing was published');
      return entry.value as FrontendPointer;
    },
  };
}

/** Makes the folder hold these files and nothing else. */
export async function writeFiles(directory: string, files: SiteFiles): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

const plainRoute: FrontendRoute = {
  frontend: 'home',
  prefix: '/',
  depth: 0,
  hosts: [],
  fallback: null,
  notFound: null,
  cacheMs: 60_000,
};

function configurationOf(route: FrontendRoute): WorkerConfiguration {
  return {
    version: 3,
    model: 'sha256:test',
    routes: { hosts: [], trustedHops: [], frontends: [route], routes: [] },
    policies: { services: [], features: [] },
    tls: { certificates: [], redirectToHttps: false, http2: true },
    edge: noEdge,
  };
}
