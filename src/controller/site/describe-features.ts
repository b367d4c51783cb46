import type { NeedHealth, SiteHealthInFull } from '../../contract/site-health.ts';
import type {
  FeatureStatus,
  NeedStatus,
  RungStatus,
  ServiceStatus,
} from '../../contract/status.ts';
import type { Derived } from '../../derive/all.ts';
import { rungState, withRungs } from './rungs-in-force.ts';

/**
 * A feature stands as its answers and its ladder say, whichever is worse; one on no rung, as its
 * service does.
 */
export function describeFeatures(
  derived: Derived | null,
  { services, health, rungs }: FeatureSources,
): readonly FeatureStatus[] {
  const states = new Map(services.map(({ service, state, kind }) => [service, { state, kind }]));
  const told = new Map(health.features.map((feature) => [feature.feature, feature]));
  return (derived?.policies.features ?? []).map(({ feature, tier }): FeatureStatus => {
    const { rung = 'full', since = null } = told.get(feature) ?? {};
    const ofService = featureState(states.get(feature.split('.')[0] ?? ''));
    const byAnswers: FeatureStatus =
      rung === 'full'
        ? { feature, tier, state: ofService, rung: null, since: null }
        : { feature, tier, state: rungState(rung), rung, since };
    return withRungs(byAnswers, rungs.get(feature) ?? []);
  });
}

interface FeatureSources {
  readonly services: readonly ServiceStatus[];
  readonly health: SiteHealthInFull;
  readonly rungs: ReadonlyMap<string, readonly RungStatus[]>;
}

function featureState(
  service: Pick<ServiceStatus, 'state' | 'kind'> | undefined,
): FeatureStatus['state'] {
  if (service === undefined || service.kind === 'at') return 'unknown';
  return service.state === 'starting' ? 'down' : service.state;
}

/**
 * What the answers of a service say of its needs, where its health checks say nothing: those ask
 * every instance again and again, and an answer may be from half a minute ago.
 */
export function needsByAnswers(
  service: string,
  checked: readonly NeedStatus[],
  { needs: told }: SiteHealthInFull,
): readonly NeedStatus[] {
  const said = told.filter((each) => each.service === service);
  return checked.flatMap((need): readonly NeedStatus[] => {
    if (need.state === 'up') return [need];
    const own = said.find((each) => each.need === need.need);
    if (own === undefined) return [need];
    const roles = said.filter(
      (each) =>
        each.state === 'down' &&
        each.need.startsWith(`${need.need}.`) &&
        !checked.some((other) => other.need === each.need),
    );
    return [withAnswers(need, own), ...roles.map((role) => withAnswers(need, role))];
  });
}

function withAnswers({ kind, target, state }: NeedStatus, told: NeedHealth): NeedStatus {
  const isDown = told.state === 'down';
  const plain = { need: told.need, kind, target };
  if (isDown) return { ...plain, state: 'down', saidBy: told.saidBy };
  return { ...plain, state: state === 'unknown' ? 'up' : state };
}
