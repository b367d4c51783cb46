import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import type { Hysteresis } from '../../src/data-plane/gateway/ladder/hysteresis.ts';
import type {
  FeaturePolicy,
  LadderPolicy,
  Policies,
  RungPolicy,
} from '../../src/derive/policies/policies.ts';
import { rungMethods } from '../../src/derive/policies/rung-methods.ts';
import type { WorkerConfiguration } from '../../src/derive/worker-configuration.ts';
import { rung } from '../../src/manifest/schema/notations.ts';
import { askSite, type Asking, type CachedAnswer } from './cached-site.ts';
import { startOrigin, type Origin } from './http-origin.ts';
import { reverseProxy, type SiteWorker, startSiteWorker } from './site-worker.ts';

/** A worker in front of a service whose one feature has a ladder. */
export interface LadderedSite extends AsyncDisposable {
  readonly origin: Origin;
  readonly site: SiteWorker;
  readonly configuration: WorkerConfiguration;
  /** What the service does from now on. */
  answerBy(listener: RequestListener): void;
  ask(path: string, asking?: Asking): Promise<CachedAnswer>;
}

/** Short enough to be waited for. */
export const quickHysteresis: Hysteresis = {
  goodAnswers: 3,
  goodMs: 300,
  probeEveryMs: 100,
  probeMs: 5_000,
  silentMs: 2_000,
};

export async function startLadderedSite(
  ladder: Readonly<Record<string, readonly string[]>>,
  options: Partial<Pick<FeaturePolicy, 'cache' | 'needs' | 'failsOn' | 'once'>> & {
    readonly deadlineMs?: number;
    readonly files?: Readonly<Record<string, string>>;
    readonly regions?: Policies['regions'];
    /** Of its one route; any where it is left out. */
    readonly path?: string;
    readonly snapshotEveryMs?: number;
    /** Of a site before, whose worker is started anew. */
    readonly folder?: string;
  } = {},
): Promise<LadderedSite> {
  let listener: RequestListener = (_req, res) => void res.end('well');
  const origin = await startOrigin((req, res) => listener(req, res));
  const { files = {}, regions = [], deadlineMs = 3_000, path = '/**', ...rest } = options;
  const { snapshotEveryMs, folder, ...feature } = rest;
  const plain = reverseProxy(origin.port, { deadlineMs, path });
  const policy: FeaturePolicy = {
    feature: 'origin.all',
    tier: 'important',
    once: false,
    cache: { kind: 'origin' },
    missingMs: null,
    query: null,
    needs: [],
    ladder: ladderOf(ladder),
    ...feature,
  };
  const digests = Object.fromEntries(
    Object.entries(files).map(([file, content]) => [file, digestOf(content)]),
  );
  const policies = { ...plain.policies, features: [policy], files: digests, regions };
  const parts = {
    blobs: Object.values(files),
    hysteresis: quickHysteresis,
    ...(snapshotEveryMs && { snapshotEveryMs }),
    ...(folder !== undefined && { folder }),
  };
  const configuration = { ...plain, policies };
  const site = await startSiteWorker(configuration, {}, {}, null, parts);
  return {
    origin,
    site,
    configuration,
    answerBy(next) {
      listener = next;
    },
    ask: (path, asking) => askSite(site.port, path, asking),
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** Rungs as the manifest writes them, for a feature that takes any method. */
export function ladderOf(
  steps: Readonly<Record<string, readonly string[]>>,
): readonly LadderPolicy[] {
  return Object.entries(steps).map(([need, rungs]) => ({
    need: need === 'otherwise' ? null : need,
    rungs: rungs.map((text): RungPolicy => {
      const read = rung.parse(text);
      assert.ok(read.ok, text);
      return { ...read.value, methods: rungMethods(read.value, [{ method: 'ANY', path: '/**' }]) };
    }),
  }));
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content, 'latin1').digest('hex')}`;
}

/** A service that fails, and says by which need. */
export function failing(status = 503, lost: string | null = null): RequestListener {
  return (_req: IncomingMessage, res: ServerResponse) => {
    res.writeHead(status, lost === null ? {} : { 'service-health': `${lost}=down` });
    res.end('it failed');
  };
}
