import type { RoutePattern } from '../../manifest/model.ts';
import type { Rung } from '../../manifest/feature-model.ts';

/**
 * What `ANY` stands for where methods must be named, in the order they are listed. A route `ANY`
 * passes every other method too, but no rung answers for a method whose meaning Turnout does not
 * know.
 */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'];

/** Answers that can be kept and given again. */
const reads = new Set(['GET', 'HEAD']);
/** Requests that change something. */
const writes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * The methods for which a rung is taken: those the manifest asks for, else all that the routes
 * answer, as far as the rung can serve them. Never empty for a Model, whose ladders were checked.
 */
export function rungMethods(rung: Rung, routes: readonly RoutePattern[]): readonly string[] {
  const usable = usableMethods(rung.kind);
  const meant =
    rung.methods === null ? servedMethods(routes) : inOrder(new Set(rung.methods), false);
  return usable === null ? meant : meant.filter((method) => usable.has(method));
}

/** Null: it can serve any. */
function usableMethods(kind: Rung['kind']): ReadonlySet<string> | null {
  switch (kind) {
    case 'stale':
    case 'static':
      return reads;
    case 'queue':
    case 'read-only':
      return writes;
    case 'region':
    case 'redirect':
    case 'closed':
      return null;
  }
}

/** What these routes answer. */
export function servedMethods(routes: readonly RoutePattern[]): readonly string[] {
  const named = new Set(routes.map((route) => route.method));
  return inOrder(named, named.has('ANY'));
}

/** Known methods in their usual order, then those that only this feature names; GET brings HEAD. */
function inOrder(named: ReadonlySet<string>, any: boolean): readonly string[] {
  const known = knownMethods.filter(
    (method) => any || named.has(method) || (method === 'HEAD' && named.has('GET')),
  );
  const others = [...named].filter((method) => method !== 'ANY' && !knownMethods.includes(method));
  return [...known, ...others.sort()];
}
