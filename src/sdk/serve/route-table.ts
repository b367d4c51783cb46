import type { Handler } from './handler.ts';

/** Who takes a request, from its method and its path as they came. */
export type RouteMatch =
  | {
      readonly kind: 'route';
      readonly handler: Handler;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'other-method'; readonly allow: readonly string[] }
  | { readonly kind: 'nothing' }
  /** A part of the path is not decodable. */
  | { readonly kind: 'malformed' };

interface Route {
  readonly method: string;
  /** `events`, `:id`, or `**` at the end. */
  readonly segments: readonly string[];
  readonly handler: Handler;
}

const PATTERN = /^(ANY|[A-Z]+) (\/(?:[^\s?#]*))$/;

/** Routes written as in the manifest: `GET /api/events/:id`, `ANY /files/**`. */
export class RouteTable {
  readonly #routes: readonly Route[];

  /** Throws for a pattern that is none, and for two that take the same requests. */
  constructor(routes: Readonly<Record<string, Handler>>) {
    const taken = new Map<string, string>();
    this.#routes = Object.entries(routes)
      .map(([pattern, handler]) => {
        const route = toRoute(pattern, handler);
        const same = `${route.method} ${route.segments.map(shape).join('/')}`;
        const other = taken.get(same);
        if (other !== undefined) throw new Error(`the routes ${other} and ${pattern} are the same`);
        taken.set(same, pattern);
        return route;
      })
      .sort(moreSpecificFirst);
  }

  match(method: string, path: string): RouteMatch {
    const segments = path.slice(1).split('/');
    const allow = new Set<string>();
    for (const route of this.#routes) {
      if (!takes(route.segments, segments)) continue;
      if (takesMethod(route.method, method)) return matched(route, segments);
      allow.add(route.method);
      if (route.method === 'GET') allow.add('HEAD');
    }
    return allow.size === 0
      ? { kind: 'nothing' }
      : { kind: 'other-method', allow: [...allow].sort() };
  }
}

function toRoute(pattern: string, handler: Handler): Route {
  const parts = PATTERN.exec(pattern);
  const [, method, path] = parts ?? [];
  if (method === undefined || path === undefined) {
    throw new Error(`the route ${pattern} is not METHOD /path/:param or ANY /path/**`);
  }
  return { method, segments: path.slice(1).split('/'), handler };
}

function takesMethod(of: string, method: string): boolean {
  return of === 'ANY' || of === method || (of === 'GET' && method === 'HEAD');
}

function takes(pattern: readonly string[], segments: readonly string[]): boolean {
  for (const [at, part] of pattern.entries()) {
    if (part === '**') return true;
    const segment = segments[at];
    if (segment === undefined) return false;
    if (part.startsWith(':') ? segment === '' : segment !== part) return false;
  }
  return pattern.length === segments.length;
}

function matched({ segments: pattern, handler }: Route, segments: readonly string[]): RouteMatch {
  const params: Record<string, string> = {};
  try {
    for (const [at, part] of pattern.entries()) {
      if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(segments[at] ?? '');
    }
  } catch {
    return { kind: 'malformed' };
  }
  return { kind: 'route', handler, params };
}

/** What a segment takes, whatever its parameter is called. */
function shape(segment: string): string {
  return segment.startsWith(':') ? ':' : segment;
}

/** Segment by segment: a literal before a parameter before `**`; a method before `ANY`. */
function moreSpecificFirst(one: Route, other: Route): number {
  const longest = Math.max(one.segments.length, other.segments.length);
  for (let at = 0; at < longest; at++) {
    const difference = rank(one.segments[at]) - rank(other.segments[at]);
    if (difference !== 0) return difference;
  }
  return Number(one.method === 'ANY') - Number(other.method === 'ANY');
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 3;
  if (segment === '**') return 2;
  return segment.startsWith(':') ? 1 : 0;
}
