import type {
  Build,
  Feature,
  Need,
  Resource,
  Service,
  ServiceSource,
} from '../../manifest/model.ts';
import type { Proxy } from '../../manifest/feature-model.ts';
import { showRung } from '../../manifest/schema/notations.ts';
import { formatPercentage } from '../../lib/percentage.ts';
import { formatSize } from '../../lib/size.ts';
import type { CatalogPlace } from './catalog.ts';
import { duration, every, list, plural } from './in-words.ts';

/** How a service comes to run, in sentences. */
export function describeDeployment(service: Service): readonly string[] {
  if (service.source.kind === 'at') {
    const origins = list(service.source.origins.map(withoutCredentials));
    return [`Not run by Turnout: it stands at ${origins}.`];
  }
  return [
    `${describeBuild(service.source.build)} into an immutable release.`,
    describeInstances(service, service.source),
    describeRollout(service),
  ];
}

function describeBuild(build: Build): string {
  return build.kind === 'entry'
    ? `Built by Turnout from ${list(build.entries)}`
    : `Built by "${build.command}", whose output is ${build.output},`;
}

function describeInstances(
  service: Service,
  source: Extract<ServiceSource, { kind: 'run' }>,
): string {
  const { min, max, limitInFlight } = service.scale;
  const count = min === max ? plural(min, 'instance') : `${min} to ${max} instances`;
  const runs = min === 1 && max === 1 ? 'runs' : 'run';
  const health = `asked for ${service.health.path} ${every(service.health.everyMs)}`;
  return `${count} ${runs} "${source.command.join(' ')}", each given at most ${plural(limitInFlight, 'request')} at a time and ${health}.`;
}

function describeRollout(service: Service): string {
  const { before, canary, bakeMs, drainMs } = service.release;
  const first = before === null ? '' : `"${before.join(' ')}" runs first; `;
  const steps =
    canary.length > 1
      ? `new instances take ${list(canary.map((share) => formatPercentage(share)))} of the traffic in turn, watched for ${duration(bakeMs)} each; `
      : 'new instances take the traffic once they are healthy; ';
  const sentence = `${first}${steps}old ones get ${duration(drainMs)} to finish.`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** What a feature promises: its objective, its limits, and how long its answers may be kept. */
export function describePromises(feature: Feature): readonly string[] {
  const { availability, p99Ms } = feature.objective;
  const { deadlineMs, bodyBytes } = feature.limits;
  return [
    ...(availability === null ? [] : [`${formatPercentage(availability)} of requests succeed.`]),
    ...(p99Ms === null ? [] : [`99 of 100 answers come within ${duration(p99Ms)}.`]),
    `It answers within ${duration(deadlineMs)} or counts as failed; bodies up to ${formatSize(bodyBytes)} are taken.`,
    ...(feature.cache.kind === 'for'
      ? [`Answers may be kept for ${duration(feature.cache.forMs)}.`]
      : []),
    ...(feature.cache.kind === 'none' ? ['Answers are never kept.'] : []),
    ...(feature.query?.allow
      ? [`Of an address only these parameters count: ${feature.query.allow.join(', ')}.`]
      : []),
    ...(feature.once === 'sdk' ? ['A request sent twice is done once.'] : []),
  ];
}

export function describeNeed(need: Need): string {
  switch (need.kind) {
    case 'postgres':
      return `PostgreSQL ${need.resource}`;
    case 'http':
      return `${withoutCredentials(need.url)}, at most ${duration(need.timeoutMs)} and ${plural(need.inFlight, 'request')} at a time${describeProxy(need.proxy)}`;
    case 'feature':
      return `the feature ${need.service}.${need.feature}`;
  }
}

/** What the site does in front of it. */
function describeProxy(proxy: Proxy | null): string {
  if (proxy === null) return '';
  const { inFlight, cache, rungs } = proxy;
  const kept = cache.kind === 'for' ? `; answers may be kept for ${duration(cache.forMs)}` : '';
  const words = rungs.map(showRung).join(', ');
  const standIn = rungs.length === 0 ? '' : `; when it fails: ${words}`;
  return `; the site stands in front of it, with at most ${plural(inFlight, 'call')} at a time in all${kept}${standIn}`;
}

export function describeResource(resource: Resource): string {
  if (resource.url !== null) return 'A PostgreSQL server elsewhere.';
  if (resource.replicas === 0) return 'A PostgreSQL server run by Turnout, without a replica.';
  const promise =
    resource.durability === 'sync'
      ? 'a write is acknowledged once a replica has it too'
      : 'a write is acknowledged before replicas have it';
  return `A PostgreSQL server run by Turnout with ${plural(resource.replicas, 'replica')}; ${promise}.`;
}

/** One line of `find:`; only web addresses become links. */
export function describePlace(label: string, value: string): CatalogPlace {
  return {
    label,
    value,
    url: /^https?:\/\/[^\s<>]+$/.test(value) && URL.canParse(value) ? value : null,
  };
}

/** The host of an address, which is what people know an outside system by. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** An address as it may be shown: user, password, query and fragment can carry secrets. */
function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
