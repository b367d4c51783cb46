import type { FrontendRoute, Route } from './route-table.ts';

/**
 * Orders routes so that the first match is the right one: named hosts, then the more literal path,
 * then a named method. The last comparisons only make the order total, so that equal Models give
 * equal tables.
 */
export function compareRoutes(a: Route, b: Route): number {
  return (
    compareHosts(a.hosts, b.hosts) ||
    comparePaths(a.path, b.path) ||
    Number(a.method === 'ANY') - Number(b.method === 'ANY') ||
    compareText(a.path, b.path) ||
    compareText(a.method, b.method) ||
    compareText(a.feature, b.feature) ||
    compareText(a.hosts.join(), b.hosts.join())
  );
}

/** Orders frontends so that the first whose hosts and prefix match is the deepest. */
export function compareFrontends(a: FrontendRoute, b: FrontendRoute): number {
  return (
    compareHosts(a.hosts, b.hosts) ||
    b.depth - a.depth ||
    compareText(a.prefix, b.prefix) ||
    compareText(a.frontend, b.frontend)
  );
}

/** How many literal segments a path begins with. */
export function depthOf(path: string): number {
  const segments = path.split('/').slice(1);
  const end = segments.findIndex((segment) => segment === '' || segmentRank(segment) > 1);
  return end === -1 ? segments.length : end;
}

/** Segment by segment; the first that differs decides. */
function comparePaths(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  const length = Math.max(left.length, right.length);
  for (let i = 1; i < length; i += 1) {
    const order = compareSegments(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * Two parameters are equal whatever their names; two different literals never match the same path.
 */
function compareSegments(a: string | undefined, b: string | undefined): number {
  const order = segmentRank(a) - segmentRank(b);
  if (order !== 0 || a === undefined || b === undefined || a.startsWith(':')) return order;
  return compareText(a, b);
}

/**
 * A path that ends here is more specific than one that goes on: `/files` comes before `/files/**`.
 */
function segmentRank(segment: string | undefined): number {
  if (segment === undefined) return 0;
  if (segment === '**') return 3;
  return segment.startsWith(':') ? 2 : 1;
}

function compareHosts(a: readonly string[], b: readonly string[]): number {
  return Number(a.length === 0) - Number(b.length === 0);
}

/** By UTF-16 code units: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
