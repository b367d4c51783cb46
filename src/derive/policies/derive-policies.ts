import type { Feature, Model, Need, NeedReference, Service } from '../../manifest/model.ts';
import type { LadderStep } from '../../manifest/feature-model.ts';
import type { Query } from '../../manifest/feature-model.ts';
import type {
  FeaturePolicy,
  HealthPolicy,
  LadderPolicy,
  NeedPolicy,
  Policies,
  QueryPolicy,
  ReplayPolicy,
  RungPolicy,
  ServicePolicy,
} from './policies.ts';
import { partnerServices } from '../partners/partner-services.ts';
import { rungMethods } from './rung-methods.ts';

/** How each service is reached, what its needs may cost, and how each feature steps down. */
export function derivePolicies(model: Model): Policies {
  const deadlines = deadlinesByFeature(model);
  const partners = partnerServices(model);
  return {
    services: [
      ...model.services.map((service) => servicePolicy(service, deadlines)),
      ...partners.map((partner) => partnerPolicy(partner, deadlines)),
    ],
    features: [...model.services, ...partners].flatMap((service) =>
      service.features.map((feature) => featurePolicy(service, feature)),
    ),
    regions: model.site.regions.flatMap(({ name, at }) =>
      at === null ? [] : [{ region: name, origin: at }],
    ),
    files: {},
  };
}

/** The files that `static` rungs name, each once. */
export function filesOfLadders({ features }: Pick<Policies, 'features'>): readonly string[] {
  const rungs = features.flatMap(({ ladder }) => ladder.flatMap((step) => step.rungs));
  return [...new Set(rungs.flatMap((rung) => (rung.kind === 'static' ? [rung.file] : [])))];
}

/** `db`, or `db.primary` where one role of the need is meant. */
export function needName(reference: NeedReference): string {
  return reference.role === null ? reference.need : `${reference.need}.${reference.role}`;
}

function deadlinesByFeature(model: Model): ReadonlyMap<string, number> {
  return new Map(
    model.services.flatMap((service) =>
      service.features.map((feature) => [
        `${service.name}.${feature.name}`,
        feature.limits.deadlineMs,
      ]),
    ),
  );
}

function servicePolicy(service: Service, deadlines: ReadonlyMap<string, number>): ServicePolicy {
  return {
    service: service.name,
    origins: service.source.kind === 'at' ? [...service.source.origins] : null,
    limitInFlight: service.scale.limitInFlight,
    breaker: service.breaker,
    health: healthPolicy(service),
    needs: service.needs.map((need) => needPolicy(need, deadlines)),
  };
}

function partnerPolicy(partner: Service, deadlines: ReadonlyMap<string, number>): ServicePolicy {
  return { ...servicePolicy(partner, deadlines), isPartner: true };
}

/** Instances that Turnout runs are asked by the controller, which announces only those well. */
function healthPolicy({ source, health }: Service): HealthPolicy | null {
  if (source.kind !== 'at' || !source.asksHealth) return null;
  const { path, everyMs, timeoutMs, failures } = health;
  return { path, everyMs, timeoutMs, failures };
}

const replicaFirst = ['replica', 'primary'] as const;
const primaryFirst = ['primary', 'replica'] as const;
const defaultTimeoutMs = 2_000;
/** The proxy of a partner gives up first, so that what stands in for its answer still comes. */
const standInMs = 1_000;

function needPolicy(need: Need, deadlines: ReadonlyMap<string, number>): NeedPolicy {
  switch (need.kind) {
    case 'postgres': {
      const { kind, resource: target, timeoutMs, inFlight } = need;
      // Either way the other kind of server is asked where the first is lost.
      const reads = need.reads === 'replica' ? replicaFirst : primaryFirst;
      return { need: need.name, kind, target, timeoutMs, inFlight, reads };
    }
    case 'http': {
      const { kind, url: target, inFlight } = need;
      if (need.proxy === null) {
        return { need: need.name, kind, target, timeoutMs: need.timeoutMs, inFlight, reads: [] };
      }
      const timeoutMs = need.timeoutMs + standInMs;
      return { need: need.name, kind, target, timeoutMs, inFlight, reads: [], isProxied: true };
    }
    case 'feature': {
      const target = `${need.service}.${need.feature}`;
      // The feature answers within its own deadline or not at all: to wait longer gains nothing.
      const timeoutMs = need.timeoutMs ?? deadlines.get(target) ?? defaultTimeoutMs;
      const { kind, inFlight } = need;
      return { need: need.name, kind, target, timeoutMs, inFlight, reads: [] };
    }
  }
}

function featurePolicy(service: Service, feature: Feature): FeaturePolicy {
  return {
    feature: `${service.name}.${feature.name}`,
    tier: feature.tier,
    once: feature.once === 'sdk',
    failsOn: feature.failsOn,
    cache: feature.cache,
    missingMs: missingMs(feature),
    query: feature.query === null ? null : queryPolicy(feature.query),
    needs: feature.needs.map(needName),
    ladder: feature.ladder.map((step) => ladderPolicy(feature, step)),
    breaker: feature.breaker,
    inFlight: feature.limits.inFlight,
    replay: replayPolicy(feature),
  };
}

const openReplay: ReplayPolicy = { credential: null, perSecond: 50, page: null };

function replayPolicy({ ladder, replay }: Feature): ReplayPolicy | null {
  const queues = ladder.some(({ rungs }) => rungs.some(({ kind }) => kind === 'queue'));
  return queues ? (replay ?? openReplay) : null;
}

/** What was not there may be there in a moment, so nobody waits for the whole lifetime. */
const longestMissingMs = 10_000;

function missingMs({ cache, cacheMissingMs }: Feature): number | null {
  if (cache.kind === 'none' || cacheMissingMs === 0) return null;
  if (cacheMissingMs !== null) return cacheMissingMs;
  return cache.kind === 'for' ? Math.min(cache.forMs, longestMissingMs) : null;
}

/** Put into addresses by those who send people there; sites rarely read them. */
const tracking = [
  'utm_*',
  'mtm_*',
  'hsa_*',
  '_hs*',
  'gclid',
  'gclsrc',
  'dclid',
  'gbraid',
  'wbraid',
  'fbclid',
  'igshid',
  'msclkid',
  'ttclid',
  'twclid',
  'li_fat_id',
  'mc_cid',
  'mc_eid',
  'yclid',
  '_ga',
  '_gl',
];

function queryPolicy({ allow, drop, sort, tracking: advertisers }: Query): QueryPolicy {
  return { allow, drop: advertisers === 'drop' ? [...drop, ...tracking] : drop, sort };
}

function ladderPolicy(feature: Feature, step: LadderStep): LadderPolicy {
  return {
    need: step.need === null ? null : needName(step.need),
    rungs: step.rungs.map((rung): RungPolicy => ({
      ...rung,
      methods: rungMethods(rung, feature.routes),
    })),
  };
}
