import { locate } from '../manifests.ts';
import type { Frontend } from '../model.ts';
import type { CheckedSite } from './check.ts';
import { crossings, type Pattern } from './route-crossings.ts';
import { claimsOf, type Claim } from './routes.ts';

/**
 * Frontends have names of their own and can be reached. Where a route and a frontend both match,
 * the one with more literal segments wins, and the route when they are equal; so only routes that
 * begin with exactly a frontend's prefix matter.
 */
export function checkFrontends(site: CheckedSite): void {
  const { manifests, content, problems } = site;
  if (!manifests.site.usable) return;
  const byName = new Map<string, Frontend>();
  for (const frontend of content.site.frontends) {
    const earlier = byName.get(frontend.name);
    if (earlier === undefined) {
      byName.set(frontend.name, frontend);
      continue;
    }
    const { node, path } = locate(manifests.site, 'frontends', frontend.prefix);
    problems.add({
      code: 'duplicate-frontend',
      spot: node,
      path,
      message: `Two frontends are called “${frontend.name}”.`,
      remedy: 'Give one of them a `name:`.',
      also: [
        { what: 'the other one', spot: locate(manifests.site, 'frontends', earlier.prefix).node },
      ],
    });
  }
  const byPrefix = new Map(content.site.frontends.map((frontend) => [frontend.prefix, frontend]));
  if (byPrefix.size === 0) return;
  const claims = claimsOf(site).filter(({ feature }) => !feature.internal);
  for (const claim of claims) checkClaim(site, byPrefix, claim);
  checkShadows(site, claims);
}

/** A frontend as a pattern among routes; it answers GET and HEAD. */
interface Mounted extends Pattern {
  readonly frontend: Frontend;
}

/** Some paths of a route that begins with a parameter may lie inside a frontend. */
function checkShadows(
  { manifests, content, problems }: CheckedSite,
  claims: readonly Claim[],
): void {
  const mounted = content.site.frontends.map((frontend): Mounted => {
    const literals = frontend.prefix.split('/').filter((part) => part !== '');
    return { frontend, method: 'GET', segments: [...literals, '**'] };
  });
  const shadows = (winner: Claim | Mounted, loser: Claim | Mounted): boolean =>
    'frontend' in winner && 'route' in loser && shareHosts(winner.frontend, loser);
  const told = new Set<Claim>();
  for (const [winner, loser] of crossings([...mounted, ...claims], shadows)) {
    if (!('frontend' in winner) || !('route' in loser) || told.has(loser)) continue;
    told.add(loser);
    const { method, path } = loser.route;
    const { key, node } = locate(manifests.site, 'frontends', winner.frontend.prefix);
    problems.add({
      code: 'route-shadowed',
      spot: loser.at.node,
      path: loser.at.path,
      message:
        `Some paths of ${method} ${path} of ${loser.name} lie inside the frontend at ` +
        `${winner.frontend.prefix}, which is more literal and takes them.`,
      remedy: 'Begin the route with a literal segment, or move the frontend.',
      also: [{ what: 'the frontend', spot: key ?? node }],
    });
  }
}

function checkClaim(
  { manifests, problems }: CheckedSite,
  byPrefix: ReadonlyMap<string, Frontend>,
  claim: Claim,
): void {
  const { method, path } = claim.route;
  if (!['GET', 'HEAD', 'ANY'].includes(method)) return;
  const literal = claim.segments.findIndex((part) => part === '**' || part.startsWith(':'));
  const depth = literal === -1 ? claim.segments.length : literal;
  const frontend = byPrefix.get(`/${claim.segments.slice(0, depth).join('/')}`);
  if (frontend === undefined || !shareHosts(frontend, claim)) return;
  const next = claim.segments[depth];
  const takesAll = next === '**';
  const { key, node } = locate(manifests.site, 'frontends', frontend.prefix);
  const spots = {
    spot: claim.at.node,
    path: claim.at.path,
    also: [{ what: 'the frontend', spot: key ?? node }],
  };
  if (next === undefined || takesAll) {
    problems.add({
      code: 'frontend-unreachable',
      ...spots,
      message: `${method} ${path} of ${claim.name} takes ${takesAll ? 'every path' : 'the start page'} of the frontend at ${frontend.prefix}.`,
      remedy: `Move the frontend, or narrow the route, such as ${method} ${frontend.prefix === '/' ? '' : frontend.prefix}/api/**.`,
    });
    return;
  }
  problems.add({
    code: 'route-takes-files',
    ...spots,
    message: `${method} ${path} of ${claim.name} takes paths at which the frontend at ${frontend.prefix} has its files.`,
    remedy: 'Put a literal segment in front of the parameter.',
  });
}

function shareHosts(frontend: Frontend, { feature }: Claim): boolean {
  if (frontend.hosts.length === 0 || feature.hosts.length === 0) return true;
  return frontend.hosts.some((host) => feature.hosts.includes(host));
}
