import { locate, type Located } from '../manifests.ts';
import type { Feature, RoutePattern } from '../model.ts';
import { route as routeNotation } from '../schema/notations.ts';
import { crossings, type Pattern } from './route-crossings.ts';
import type { CheckedSite } from './check.ts';

/** A route as one feature claims it. */
export interface Claim extends Pattern {
  readonly name: string;
  readonly feature: Feature;
  readonly route: RoutePattern;
  readonly at: Located;
}

/** No two features claim one route, and where two patterns cross, it is said which one wins. */
export function checkRoutes(site: CheckedSite): void {
  const claims = claimsOf(site);
  for (const group of Map.groupBy(claims, shapeOf).values()) {
    for (const [index, later] of group.entries()) {
      const earlier = group.slice(0, index).find((other) => claimSameHosts(other, later));
      if (earlier !== undefined) refuse(site, earlier, later);
    }
  }
  for (const [winner, loser] of crossings(claims, claimSameHosts)) {
    site.problems.add({
      code: 'routes-cross',
      spot: loser.at.node,
      path: loser.at.path,
      message:
        `${show(loser)} of ${loser.name} and ${show(winner)} of ${winner.name} both match some paths; ` +
        'those go to the latter, whose path is literal earlier.',
      remedy: 'Make one of the paths more specific, if that is not what you mean.',
      also: [{ what: 'the route that wins', spot: winner.at.node }],
    });
  }
}

export function claimsOf({ manifests, content, problems }: CheckedSite): readonly Claim[] {
  const claims: Claim[] = [];
  for (const [index, manifest] of manifests.services.entries()) {
    const service = content.services[index];
    if (service === undefined || !manifest.usable) continue;
    for (const feature of service.features) {
      for (const [at, route] of feature.routes.entries()) {
        const located = locate(manifest, 'features', feature.name, 'routes', at);
        if (route === routeNotation.fallback || problems.isWrong(located.path)) continue;
        const segments = route.path === '/' ? [] : route.path.slice(1).split('/');
        claims.push({
          name: `${service.name}.${feature.name}`,
          feature,
          route,
          method: route.method,
          segments,
          at: located,
        });
      }
    }
  }
  return claims;
}

/** Equal for routes that match the same requests, whatever their parameters are called. */
function shapeOf({ route, segments }: Claim): string {
  const shape = segments.map((segment) => (segment.startsWith(':') ? ':' : segment));
  return `${route.method} /${shape.join('/')}`;
}

/**
 * Named hosts win over any host; so two features share hosts only when both name one or neither
 * does.
 */
function claimSameHosts(a: Claim, b: Claim): boolean {
  const some = a.feature.hosts;
  const others = b.feature.hosts;
  if (some.length === 0 || others.length === 0) return some.length === others.length;
  return some.some((host) => others.some((other) => hostsMeet(host, other)));
}

/** `*.example.org` meets every name below it. */
function hostsMeet(a: string, b: string): boolean {
  const within = (wide: string, name: string) =>
    wide.startsWith('*.') && name.replace(/^\*\./, '').endsWith(wide.slice(1));
  return a === b || within(a, b) || within(b, a);
}

function refuse(site: CheckedSite, earlier: Claim, later: Claim): void {
  const exact =
    earlier.feature.hosts.length === 0 ||
    earlier.feature.hosts.some((host) => later.feature.hosts.includes(host));
  const twice = earlier.name === later.name;
  site.problems.add({
    code: exact ? 'route-conflict' : 'route-ambiguous',
    spot: later.at.node,
    path: later.at.path,
    message: twice
      ? `${later.name} lists ${show(later)} twice.`
      : `${earlier.name} and ${later.name} both claim ${show(later)}${exact ? '' : ' under hosts that overlap'}.`,
    remedy: twice
      ? 'Take one of the two out.'
      : 'Change one of the paths, or serve the two under different `hosts`.',
    also: [{ what: `${earlier.name} claims it here`, spot: earlier.at.node }],
  });
}

function show({ route }: Claim): string {
  return routeNotation.show(route);
}
