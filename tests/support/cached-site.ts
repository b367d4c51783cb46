import { request } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { FeaturePolicy } from '../../src/derive/policies/policies.ts';
import type { WorkerLimits } from '../../src/data-plane/worker.ts';
import { startOrigin, type Origin } from './http-origin.ts';
import { reverseProxy, type SiteWorker, startSiteWorker } from './site-worker.ts';

export interface CachedAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** What our cache did: `hit`, or how it was forwarded. */
  readonly did: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** A worker with its cache in front of an origin. */
export interface CachedSite extends AsyncDisposable {
  readonly origin: Origin;
  readonly site: SiteWorker;
  /** Rejects where the answer breaks off. */
  ask(path: string, asking?: Asking): Promise<CachedAnswer>;
}

export async function startCachedSite(
  listener: RequestListener,
  options: {
    readonly cache?: FeaturePolicy['cache'];
    readonly missingMs?: number;
    readonly query?: FeaturePolicy['query'];
    readonly limits?: Partial<WorkerLimits>;
    readonly trustedHops?: readonly string[];
  } = {},
): Promise<CachedSite> {
  const origin = await startOrigin(listener);
  const plain = reverseProxy(origin.port);
  const feature: FeaturePolicy = {
    feature: 'origin.all',
    tier: 'important',
    once: false,
    cache: options.cache ?? { kind: 'origin' },
    missingMs: options.missingMs ?? null,
    query: options.query ?? null,
    needs: [],
    ladder: [],
  };
  const policies = { ...plain.policies, features: [feature] };
  const routes = { ...plain.routes, trustedHops: options.trustedHops ?? [] };
  const site = await startSiteWorker({ ...plain, routes, policies }, {}, options.limits);
  return {
    origin,
    site,
    ask: (path, asking) => askSite(site.port, path, asking),
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** Asks a worker as a client does; rejects where the answer breaks off. */
export function askSite(port: number, path: string, asking: Asking = {}): Promise<CachedAnswer> {
  const { method = 'GET', headers = {}, body, signal } = asking;
  return new Promise((resolve, reject) => {
    const wanted = { port, path, method, headers: { host: 'site.example', ...headers }, signal };
    const asked = request(wanted, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () => {
        const told = String(response.headers['cache-status'] ?? '');
        const did = /turnout; (hit|fwd=[\w-]+)/.exec(told)?.[1] ?? '';
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, did });
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
