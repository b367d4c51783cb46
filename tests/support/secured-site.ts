import { createAuthority, type TestAuthority } from './certificates.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from './site-worker.ts';
import type { Route } from '../../src/derive/routes/route-table.ts';
import type { WorkerLimits } from '../../src/data-plane/worker.ts';
import type { WorkerConfiguration } from '../../src/derive/worker-configuration.ts';

export interface Secured {
  readonly authority: TestAuthority;
  /** As it was started with, for another that differs in `more`. */
  configuration(
    more?: Parameters<typeof plainConfiguration>[1],
    route?: Partial<Route>,
  ): WorkerConfiguration;
  start(limits?: Partial<WorkerLimits>, route?: Partial<Route>): Promise<SiteWorker>;
}

/** A site with TLS for site.example in front of one service. */
export async function secured(originPort: number): Promise<Secured> {
  const authority = await createAuthority();
  const { certificate, key } = await authority.issue('site', ['site.example', 'b.example']);
  const configuration: Secured['configuration'] = (more = {}, route = {}) =>
    plainConfiguration([route], {
      origins: { origin: [`http://127.0.0.1:${originPort}`] },
      tls: { certificates: [{ certificate, key, hosts: [] }], redirectToHttps: false, http2: true },
      ...more,
    });
  return {
    authority,
    configuration,
    start: (limits = {}, route = {}) =>
      startSiteWorker(configuration({}, route), {}, limits, authority.folder),
  };
}
