import assert from 'node:assert/strict';

import { deriveAll, workerConfiguration } from '../../src/derive/all.ts';
import type { WorkerConfiguration } from '../../src/derive/worker-configuration.ts';
import { loadModel } from '../../src/manifest/load-model.ts';
import { memoryReader } from '../../src/manifest/memory-reader.ts';
import { askSite, type Asking, type CachedAnswer } from './cached-site.ts';
import { quickHysteresis } from './laddered-site.ts';
import { type SiteWorker, startSiteWorker } from './site-worker.ts';

/** A worker of a site whose service `partners` needs `voter-file`, which has a proxy. */
export interface PartnerSite extends AsyncDisposable {
  readonly site: SiteWorker;
  /** As an instance does, below the address that it was told. */
  ask(path: string, asking?: Asking): Promise<CachedAnswer>;
  /** The partner is elsewhere from now on. */
  move(url: string, proxy?: string): Promise<void>;
}

/** `proxy` is as service.yaml has it; `url` is the partner's. */
export async function startPartnerSite(url: string, proxy: string): Promise<PartnerSite> {
  const site = await startSiteWorker(await configurationOf(url, proxy, 0), {}, {}, null, {
    hysteresis: quickHysteresis,
  });
  let moves = 0;
  return {
    site,
    ask: (path, asking) =>
      askSite(site.internalPort, `/.turnout/needs/partners/voter-file${path}`, asking),
    async move(next, changed = proxy) {
      const configuration = await configurationOf(next, changed, ++moves);
      await site.configure(configuration);
      while (site.worker.stats().model !== configuration.model) {
        assert.equal(site.worker.stats().refused, null);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

async function configurationOf(
  url: string,
  proxy: string,
  move: number,
): Promise<WorkerConfiguration> {
  const reader = memoryReader({
    'site.yaml': `turnout: 1
site: voters
what: A site that asks a partner, for the time ${move}.
services: [services/*]
`,
    'services/partners/service.yaml': `turnout: 1
service: partners
what: Asks a partner.
goes-down: [{ when: the partner is down, users-see: what it said before, runbook: server.ts }]
build: { entry: server.ts }
needs:
  voter-file: { http: "${url}", timeout: 400ms, proxy: ${proxy} }
features:
  look-up: { tier: important, routes: [GET /api/voters], needs: [voter-file], ladder: [closed] }
`,
    'services/partners/server.ts': '',
  });
  const result = await loadModel(reader);
  assert.ok(result.kind === 'model', JSON.stringify(result));
  const derivation = deriveAll(result.model);
  assert.ok(derivation.ok, JSON.stringify(derivation));
  return workerConfiguration(derivation.derived);
}
