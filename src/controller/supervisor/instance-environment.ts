import {
  DRAIN_MS,
  FLAGS_FILE,
  HOST,
  INSTANCE,
  POLICY,
  PORT,
  RELEASE,
  SERVICE,
  SITE,
  needVariable,
  replicasVariable,
  viaVariable,
} from '../../contract/environment.ts';
import type { NeedPlan, ServicePlan } from '../../derive/release-plan/release-plan.ts';
import type { Secrets } from '../../ports/secrets/port.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import type { Version } from './version.ts';

/**
 * Turns a need into what the service is told of it; rejects with a TurnoutError while there is
 * nothing to tell.
 */
export type ResolveNeed = (need: NeedPlan, service: string) => Promise<NeedAddress>;

export interface NeedAddress {
  readonly url: string;
  /** Of a database; null for other needs. */
  readonly replicaUrls: readonly string[] | null;
  /** `address:port` to connect to in place of the URL's own; null where there is no such link. */
  readonly via: string | null;
}

export interface EnvironmentSources {
  readonly site: string;
  readonly secrets: Secrets;
  readonly resolveNeed: ResolveNeed;
  /** Where the site's flags are kept for every instance. */
  readonly flagsFile: string;
}

/** Where each need of a service is, as variables of its instances' environment. */
export async function resolveNeeds(
  plan: ServicePlan,
  resolveNeed: ResolveNeed,
): Promise<Readonly<Record<string, string>>> {
  const told = plan.needs.map(async (need) => {
    const { url, replicaUrls, via } = await resolveNeed(need, plan.service);
    return {
      [needVariable(need.need)]: url,
      ...(replicaUrls === null ? {} : { [replicasVariable(need.need)]: replicaUrls.join(' ') }),
      ...(via === null ? {} : { [viaVariable(need.need)]: via }),
    };
  });
  return Object.assign({}, ...(await Promise.all(told))) as Record<string, string>;
}

/**
 * All that an instance is told: settings, then secrets and needs, then what Turnout says about the
 * instance itself. Rejects as `resolveSecrets` does.
 */
export async function instanceEnvironment(
  version: Version,
  id: string,
  port: number,
  sources: EnvironmentSources,
): Promise<Record<string, string>> {
  const { plan, release } = version;
  return {
    ...plan.environment,
    ...(await resolveSecrets(plan, sources.secrets)),
    ...(await resolveNeeds(plan, sources.resolveNeed)),
    [PORT]: String(port),
    [HOST]: '127.0.0.1',
    [SITE]: sources.site,
    [SERVICE]: plan.service,
    [INSTANCE]: id,
    [RELEASE]: release.digest,
    [DRAIN_MS]: String(plan.drainMs),
    [POLICY]: JSON.stringify(plan.policy),
    [FLAGS_FILE]: sources.flagsFile,
  };
}
