import { ask, bodyOf, toProblem, type Answer } from './answer.ts';
import type { ClientProblem } from './client-problem.ts';
import { healthOf, type SiteHealth } from './health.ts';
import { forgetAnswer, keepAnswer, keptAnswer } from './kept-answers.ts';

export interface ReadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** How long it may take; 15 seconds unless told. */
  readonly timeoutMs?: number;
  /**
   * Whether a copy stays in this browser for when the site cannot answer. Left out: where the
   * answer itself says that it is for everybody (`public` or `s-maxage` in Cache-Control). True
   * says so of answers that do not; what forbids it (`private`, `no-store`, `no-cache`,
   * `must-revalidate`, or credentials in `headers`) is never kept. False keeps nothing.
   */
  readonly keep?: boolean;
  /** How old a copy may be to be given; a day unless told. */
  readonly keptForMs?: number;
  readonly signal?: AbortSignal;
}

/** What a read brought, and from where. */
export interface Reading {
  /** JSON where it is that, else text. */
  readonly body: unknown;
  /** The site's word of now, or the copy of this browser because the site could not answer. */
  readonly from: 'site' | 'kept';
  /** How old it is as far as is known: 0 is of now. A page says so where it matters. */
  readonly ageMs: number;
  /** What the site said of the feature with this try; null where it said nothing. */
  readonly health: SiteHealth | null;
  /** Why it is a copy; null where it is not. */
  readonly problem: ClientProblem | null;
}

const DAY_MS = 86_400_000;

/**
 * What `url` answers. Asked once: whether to try again is for the reader to say, since the gateway
 * has tried already. Where the site is closed, fails (5xx) or cannot be reached, a copy that this
 * browser kept is given in its place.
 *
 * Rejects with ClientProblem for any answer that is an error, and where none came in time, if there
 * is no such copy; with the signal's reason when that is aborted.
 */
export async function read(url: string, options: ReadOptions = {}): Promise<Reading> {
  const headers = { accept: 'application/json', ...options.headers };
  const name = nameOf(url, options);
  const answer = await ask(url, options, Number.POSITIVE_INFINITY, { headers });
  const health = healthOf(answer.headers);
  try {
    const body = await bodyOf(answer, options.signal);
    if (!answer.ok) throw toProblem(answer, body);
    const ageMs = ageOf(answer, health);
    if (mayKeep(answer, options)) keepAnswer(name, { body, atMs: Date.now(), ageMs });
    else forgetAnswer(name);
    return { body, from: 'site', ageMs, health, problem: null };
  } catch (error) {
    const kept = isOfSite(error) && options.keep !== false ? keptAnswer(name) : null;
    if (kept === null) throw error;
    const ageMs = kept.ageMs + Math.max(0, Date.now() - kept.atMs);
    if (ageMs > (options.keptForMs ?? DAY_MS)) throw error;
    return { body: kept.body, from: 'kept', ageMs, health, problem: error as ClientProblem };
  }
}

/** The site's trouble and not the reader's: closed, failed, out of reach, or broken off. */
function isOfSite(error: unknown): boolean {
  const { name, status, title } = error as Partial<ClientProblem>;
  if (name !== 'ClientProblem') return false;
  return status === 0 || (status ?? 0) >= 500 || title === 'Answer cut off';
}

function mayKeep({ headers, status }: Answer, { keep, headers: sent = {} }: ReadOptions): boolean {
  if (keep === false || status !== 200) return false;
  if (Object.keys(sent).some((name) => /^(?:authorization|cookie)$/i.test(name))) return false;
  const control = headers.get('cache-control') ?? '';
  if (/(?:^|[\s,])(?:private|no-store|no-cache|must-revalidate)(?:[\s,=]|$)/i.test(control)) {
    return false;
  }
  return keep === true || /(?:^|[\s,])(?:public|s-maxage)(?:[\s,=]|$)/i.test(control);
}

/** Answers to other headers are other answers. */
function nameOf(url: string, { headers }: ReadOptions): string {
  const { href } = new URL(url, globalThis.location?.href);
  return headers === undefined ? href : `${href} ${JSON.stringify(headers)}`;
}

/** By its rung, or by the cache that it comes from. */
function ageOf({ headers }: Answer, health: SiteHealth | null): number {
  const age = Number(headers.get('age') ?? 0) * 1_000;
  return Math.max(health?.ageMs ?? 0, Number.isFinite(age) ? age : 0);
}
