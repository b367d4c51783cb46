import type { SiteHealthInFull } from '../../contract/site-health.ts';
import type { FeatureStatus, NeedStatus, ServiceStatus } from '../../contract/status.ts';
import type { Derived } from '../../derive/all.ts';

/** A feature stands as its answers say; one on no rung, as its service does. */
export function describeFeatures(
  derived: Derived | null,
  services: readonly ServiceStatus[],
  health: SiteHealthInFull,
): readonly FeatureStatus[] {
  const states = new Map(services.map(({ service, state, kind }) => [service, { state, kind }]));
  const told = new Map(health.features.map((feature) => [feature.feature, feature]));
  return (derived?.policies.features ?? []).map(({ feature, tier }): FeatureStatus => {
    const { rung = 'full', since = null } = told.get(feature) ?? {};
    if (rung === 'full') {
      const state = featureState(states.get(feature.split('.')[0] ?? ''));
      return { feature, tier, state, rung: null, since: null };
    }
    const state = rung === 'closed' || rung === 'failed' ? 'down' : 'degraded';
    return { feature, tier, state, rung, since };
  });
}

function featureState(
  service: Pick<ServiceStatus, 'state' | 'kind'> | undefined,
): FeatureStatus['state'] {
  if (service === undefined || service.kind === 'at') return 'unknown';
  return service.state === 'starting' ? 'down' : service.state;
}

/**
 * What the answers of a service say of its needs goes before what nobody knows, and a need that
 * they say is lost is lost, also where health checks have not noticed.
 */
export function needsByAnswers(
  service: ServiceStatus,
  { needs: told }: SiteHealthInFull,
): ServiceStatus {
  const own = told.filter((each) => each.service === service.service);
  if (own.length === 0) return service;
  const said = new Map(own.map((each) => [each.need, each]));
  const needs = service.needs.map((need): NeedStatus => {
    const answers = said.get(need.need);
    said.delete(need.need);
    if (answers === undefined) return need;
    if (answers.state === 'down') return { ...need, state: 'down', saidBy: answers.saidBy };
    return need.state === 'unknown' ? { ...need, state: 'up' } : need;
  });
  const roles = [...said.values()].flatMap(({ need, state, saidBy }): NeedStatus[] => {
    const whole = service.needs.find((each) => need.startsWith(`${each.need}.`));
    return whole === undefined || state === 'up' ? [] : [{ ...whole, need, state, saidBy }];
  });
  return { ...service, needs: [...needs, ...roles] };
}
