import { readCacheControl, readTargetedControl, type Directives } from './directives.ts';
import { joined } from './flat-headers.ts';
import { readHttpDate } from './http-date.ts';

/** What the manifest says of a feature's answers: its `cache`, and its `cache-missing`. */
export type CachePolicy = (
  | { readonly kind: 'origin' | 'none' }
  | { readonly kind: 'for'; readonly forMs: number }
) & {
  /** How long one that says there is nothing is kept where it says not; null where not at all. */
  readonly missingMs: number | null;
};

/** How long an answer may be used, and on which terms, from the moment it was made. */
export interface Freshness {
  readonly lifetimeMs: number;
  /** Nobody said so: it was derived from when the page last changed (RFC 9111 4.2.2). */
  readonly isHeuristic: boolean;
  /** The origin is asked before every use (`no-cache`). */
  readonly mustValidate: boolean;
  /** Never used stale, whatever befalls the origin. */
  readonly neverStale: boolean;
  /** RFC 5861: how long after its time it may be used while it is fetched anew. */
  readonly whileRevalidateMs: number;
  /** RFC 5861: how long after its time it may be used while the origin fails. */
  readonly ifErrorMs: number;
}

export interface Judgement {
  /** Why it is not kept; null when it is. */
  readonly refused: Refusal | null;
  readonly freshness: Freshness;
  /** Headers that are not kept with it: each use would need the origin's word for them. */
  readonly unkept: readonly string[];
}

export type Refusal =
  | 'method'
  | 'status'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'vary'
  | 'cookie'
  | 'no-lifetime'
  | 'policy';

export interface JudgedRequest {
  readonly method: string;
  readonly headers: readonly string[];
}

export interface JudgedAnswer {
  readonly status: number;
  readonly headers: readonly string[];
}

/** Statuses that say how long by themselves when nobody else does (RFC 9110 15.1). */
const defaults = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
const heuristicallyCacheable = new Set(defaults);
/**
 * 206 and 304 are parts of something else (RFC 9111 3); the others are about who asked, and must
 * not be kept (RFC 6585 3 to 6).
 */
const neverKept = new Set([206, 304, 428, 429, 431, 511]);
/** Statuses that we know how to keep. */
const understood = new Set([
  ...defaults,
  302,
  303,
  307,
  400,
  403,
  406,
  409,
  415,
  421,
  422,
  451,
  500,
  502,
  503,
  504,
]);
/** There is nothing, or not so: the one who asks is told, and nobody need ask again for a while. */
const missing = new Set([404, 405, 410, 414, 501]);
const HEURISTIC_SHARE = 0.1;
const MOST_HEURISTIC_MS = 24 * 3_600_000;

/**
 * Whether a shared cache may keep an answer, and for how long (RFC 9111 3, 4.2.1, 4.2.2; RFC 9213).
 * `nowMs` stands for a Date that is missing.
 */
export function judgeAnswer(
  request: JudgedRequest,
  answer: JudgedAnswer,
  policy: CachePolicy,
  nowMs: number,
): Judgement {
  const { headers } = answer;
  const control = controlOf(headers);
  const freshness = freshnessOf(request, answer, control, policy, nowMs);
  const unkept = [
    ...(control.directives.fields('no-cache') ?? []),
    ...(control.directives.fields('private') ?? []),
  ];
  const refused = refusalOf(request, answer, control, freshness, policy);
  return { refused, freshness, unkept };
}

interface Control {
  readonly directives: Directives;
  /** It was said to caches like us, so what is said to all does not count (RFC 9213 2.2). */
  readonly isTargeted: boolean;
}

function controlOf(headers: readonly string[]): Control {
  const targeted = joined(headers, 'cdn-cache-control');
  const own = targeted === undefined ? null : readTargetedControl(targeted);
  if (own !== null) return { directives: own, isTargeted: true };
  return {
    directives: readCacheControl(joined(headers, 'cache-control') ?? ''),
    isTargeted: false,
  };
}

function refusalOf(
  request: JudgedRequest,
  { status, headers }: JudgedAnswer,
  control: Control,
  freshness: Freshness,
  policy: CachePolicy,
): Refusal | null {
  const said = control.directives;
  if (policy.kind === 'none') return 'policy';
  if (request.method !== 'GET') return 'method';
  if (status < 200 || neverKept.has(status)) return 'status';
  // Where it must be understood, that overrides `no-store` for those who do (5.2.2.3).
  if (said.has('must-understand')) {
    if (!understood.has(status)) return 'status';
  } else if (said.has('no-store')) return 'no-store';
  if (said.has('private') && said.fields('private') === null) return 'private';
  const asked = joined(request.headers, 'cache-control');
  if (asked !== undefined && readCacheControl(asked).has('no-store')) return 'no-store';
  const isOpen = said.has('public') || said.has('s-maxage') || said.has('must-revalidate');
  if (joined(request.headers, 'authorization') !== undefined && !isOpen) return 'authorization';
  if (variesByEverything(headers)) return 'vary';
  // A cookie for one is for all only where that was said to caches that all share.
  const isForAll = said.has('public') || said.has('s-maxage') || control.isTargeted;
  if (!isForAll && joined(headers, 'set-cookie') !== undefined) return 'cookie';
  return lifetimeRefusal(request, { status, headers }, said, freshness);
}

/**
 * An answer that says nothing of how long is kept where that is safe to guess; one that cannot be
 * used without asking is worth keeping only when there is something to ask by.
 */
function lifetimeRefusal(
  request: JudgedRequest,
  { status, headers }: JudgedAnswer,
  said: Directives,
  freshness: Freshness,
): Refusal | null {
  const isGuessed = freshness.isHeuristic && !said.has('public');
  // What is made for somebody is told from what is made for all by nobody but the origin.
  if (isGuessed && joined(request.headers, 'cookie') !== undefined) return 'cookie';
  if (freshness.lifetimeMs > 0 && !freshness.mustValidate) return null;
  const canBeAsked =
    joined(headers, 'etag') !== undefined || joined(headers, 'last-modified') !== undefined;
  const mayServeLate = freshness.whileRevalidateMs > 0 || freshness.ifErrorMs > 0;
  // Where it is asked about at each use, nobody need say how long.
  const isAsked = freshness.mustValidate && heuristicallyCacheable.has(status);
  if (isGuessed && freshness.lifetimeMs === 0 && !isAsked) return 'no-lifetime';
  return canBeAsked || mayServeLate ? null : 'no-lifetime';
}

function variesByEverything(headers: readonly string[]): boolean {
  const vary = joined(headers, 'vary');
  const names = vary?.split(',').map((member) => member.trim().toLowerCase()) ?? [];
  return names.some((name) => name === '*' || unseen.has(name));
}

/**
 * What services are told and a cache does not see: it is made anew, and for each its own. What of
 * this is for many (the scheme, the host) is in the address.
 */
const unseen = new Set([
  'forwarded',
  'te',
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'x-request-id',
]);

function freshnessOf(
  request: JudgedRequest,
  { status, headers }: JudgedAnswer,
  { directives: said, isTargeted }: Control,
  policy: CachePolicy,
  nowMs: number,
): Freshness {
  const explicitMs = explicitLifetimeMs(said, headers, isTargeted, nowMs);
  const terms = {
    mustValidate: said.has('no-cache') && said.fields('no-cache') === null,
    neverStale: said.has('must-revalidate') || said.has('proxy-revalidate'),
    whileRevalidateMs: said.ms('stale-while-revalidate') ?? 0,
    ifErrorMs: said.ms('stale-if-error') ?? 0,
  };
  if (explicitMs !== null) return { lifetimeMs: explicitMs, isHeuristic: false, ...terms };
  const promisedMs = promisedLifetimeMs(status, policy);
  if (promisedMs !== null) return { lifetimeMs: promisedMs, isHeuristic: false, ...terms };
  const mayGuess = heuristicallyCacheable.has(status) || said.has('public');
  const guessedMs = mayGuess && request.method === 'GET' ? heuristicMs(headers, nowMs) : 0;
  return { lifetimeMs: guessedMs, isHeuristic: true, ...terms };
}

/** What the manifest says where the answer does not; null when it says nothing either. */
function promisedLifetimeMs(status: number, policy: CachePolicy): number | null {
  if (missing.has(status))
    return policy.kind === 'for' ? (policy.missingMs ?? 0) : policy.missingMs;
  return policy.kind === 'for' && heuristicallyCacheable.has(status) ? policy.forMs : null;
}

/** Whether the origin itself gives a time, be it over. */
export function saysHowLong(headers: readonly string[]): boolean {
  const { directives, isTargeted } = controlOf(headers);
  return explicitLifetimeMs(directives, headers, isTargeted, 0) !== null;
}

/** RFC 9111 4.2.1, in its order; null when nothing was said. */
function explicitLifetimeMs(
  said: Directives,
  headers: readonly string[],
  isTargeted: boolean,
  nowMs: number,
): number | null {
  const sharedMs = said.ms('s-maxage');
  if (sharedMs !== null) return sharedMs;
  const anyMs = said.ms('max-age');
  if (anyMs !== null) return anyMs;
  if (isTargeted) return null;
  const expires = joined(headers, 'expires');
  if (expires === undefined) return null;
  const expiresMs = readHttpDate(expires);
  // "0", and whatever else is no date, lies in the past (5.3).
  if (expiresMs === null) return 0;
  return Math.max(0, expiresMs - dateMs(headers, nowMs));
}

/** A tenth of the time since it last changed, as RFC 9111 4.2.2 suggests, and a day at most. */
function heuristicMs(headers: readonly string[], nowMs: number): number {
  const changed = joined(headers, 'last-modified');
  const changedMs = changed === undefined ? null : readHttpDate(changed);
  if (changedMs === null) return 0;
  const unchangedMs = dateMs(headers, nowMs) - changedMs;
  return Math.min(Math.max(0, unchangedMs * HEURISTIC_SHARE), MOST_HEURISTIC_MS);
}

function dateMs(headers: readonly string[], nowMs: number): number {
  const date = joined(headers, 'date');
  return (date === undefined ? null : readHttpDate(date)) ?? nowMs;
}

/**
 * How old an answer was when it came (RFC 9111 4.2.3). `tookMs` is the time from asking to the
 * answer's head.
 */
export function initialAgeMs(headers: readonly string[], nowMs: number, tookMs: number): number {
  const apparentMs = Math.max(0, nowMs - dateMs(headers, nowMs));
  // Of several the first counts; what is no number counts for nothing (5.1).
  const age = joined(headers, 'age')?.split(',')[0]?.trim() ?? '';
  const toldMs = /^\d+$/.test(age) ? Math.min(Number(age), 2 ** 31) * 1_000 : 0;
  return Math.max(apparentMs, toldMs + tookMs);
}
