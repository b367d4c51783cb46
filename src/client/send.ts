import { ClientProblem } from './client-problem.ts';
import { tellHealth } from './health.ts';

export interface SendOptions {
  /** The body, as JSON. */
  readonly json: unknown;
  /**
   * What the write is known by, however often it is sent. One is made where none is given; keep one
   * of your own (in the form's state, say) so that a second click is the same write. ASCII that can
   * be seen, and spaces: anything else rejects with a TypeError.
   */
  readonly key?: string;
  /** POST unless told. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often it is sent at most, the first time included; 4 unless told. */
  readonly tries?: number;
  /** How long to go on trying, and to follow what was queued; 30 seconds unless told. */
  readonly forMs?: number;
  /** Told when an accepted write waits in a queue, so that a page can say so. */
  readonly onQueued?: (statusUrl: string) => void;
  readonly signal?: AbortSignal;
}

export type Outcome =
  | { readonly kind: 'done'; readonly status: number; readonly body: unknown; readonly key: string }
  /** Accepted for good and not carried out yet: `statusUrl` tells when it is. */
  | { readonly kind: 'queued'; readonly statusUrl: string; readonly key: string };

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_TRY_MS = 15_000;
/** Too much at the moment, lost on the way, or not possible just now. */
const worthAnotherTry = new Set([0, 408, 425, 429, 502, 503, 504]);

/**
 * Sends a write so that it is done once: each try carries the same `Idempotency-Key`, tries follow
 * each other with growing pauses or as `Retry-After` says, and a write that the site has queued is
 * followed until it is carried out or the time is up.
 *
 * Rejects with ClientProblem for an answer that no further try would change, or for the last one;
 * with the signal's reason when that is aborted.
 */
export async function send(url: string, options: SendOptions): Promise<Outcome> {
  const { key = newKey(), tries = 4, forMs = 30_000, signal } = options;
  if (!/^[ -~]+$/.test(key)) throw new TypeError('The key of a write is not plain ASCII.');
  const deadlineMs = Date.now() + forMs;
  for (let turn = 1; ; turn++) {
    const answer = await attempt(url, options, key, deadlineMs);
    if (answer.status === 202) return follow(url, answer, options, key, deadlineMs);
    const body = await bodyOf(answer, signal);
    if (answer.ok) return { kind: 'done', status: answer.status, body, key };
    const pauseMs = pauseOf(answer, turn);
    const over = turn >= tries || Date.now() + pauseMs >= deadlineMs;
    if (over || !worthAnotherTry.has(answer.status)) throw toProblem(answer, body);
    await wait(pauseMs, signal);
  }
}

/** `crypto.randomUUID` is there only over HTTPS and on this machine; this is everywhere. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** An answer of status 0 stands for none. */
interface Answer extends Pick<Response, 'status' | 'ok' | 'headers' | 'text'> {}

async function attempt(
  url: string,
  { json, method = 'POST', headers, signal }: SendOptions,
  key: string,
  deadlineMs: number,
): Promise<Answer> {
  const limitMs = Math.max(1, Math.min(LONGEST_TRY_MS, deadlineMs - Date.now()));
  return ask(url, limitMs, signal, {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
      'idempotency-key': `"${key.replaceAll(/["\\]/g, '\\$&')}"`,
    },
    body: JSON.stringify(json),
  });
}

async function ask(
  url: string,
  limitMs: number,
  signal: AbortSignal | undefined,
  init: RequestInit,
): Promise<Answer> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const response = await fetch(url, { ...init, signal: both });
    tellHealth(response, url);
    return response;
  } catch (error) {
    signal?.throwIfAborted();
    const detail = `No answer came: ${String(error)}`;
    const text = JSON.stringify({ title: 'No connection', detail });
    return { status: 0, ok: false, headers: new Headers(), text: async () => text };
  }
}

/** A 202 names the place where its fate is told; without one there is nothing to follow. */
async function follow(
  url: string,
  answer: Answer,
  options: SendOptions,
  key: string,
  deadlineMs: number,
): Promise<Outcome> {
  const location = answer.headers.get('location');
  if (location === null)
    return { kind: 'done', status: 202, body: await bodyOf(answer, options.signal), key };
  const statusUrl = new URL(location, new URL(url, globalThis.location?.href)).href;
  options.onQueued?.(statusUrl);
  let latest = answer;
  for (let turn = 1; ; turn++) {
    const pauseMs = pauseOf(latest, turn);
    if (Date.now() + pauseMs >= deadlineMs) return { kind: 'queued', statusUrl, key };
    await wait(pauseMs, options.signal);
    const limitMs = Math.max(1, Math.min(LONGEST_TRY_MS, deadlineMs - Date.now()));
    latest = await ask(statusUrl, limitMs, options.signal, { headers: { accept: '*/*' } });
    if (latest.status === 202 || worthAnotherTry.has(latest.status)) continue;
    const body = await bodyOf(latest, options.signal);
    if (latest.ok) return { kind: 'done', status: latest.status, body, key };
    throw toProblem(latest, body);
  }
}

async function bodyOf(answer: Answer, signal: AbortSignal | undefined): Promise<unknown> {
  const text = await answer.text().catch((error: unknown) => {
    signal?.throwIfAborted();
    if (!answer.ok) return '';
    // Nobody knows what the rest would have said; the same key may be sent again.
    const detail = `The answer was cut off: ${String(error)}`;
    const type = 'urn:turnout:problem:outcome-unknown';
    throw new ClientProblem(answer.status, { title: 'Answer cut off', detail, type });
  });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function toProblem({ status }: Answer, body: unknown): ClientProblem {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return new ClientProblem(status, isObject ? (body as Record<string, unknown>) : {});
}

/** As the answer asks (seconds or a date), else growing; never all clients at the same moment. */
function pauseOf({ headers }: Answer, turn: number): number {
  const asked = headers.get('retry-after');
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** (turn - 1), LONGEST_PAUSE_MS);
  if (asked === null) return growing * (0.5 + Math.random());
  const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - Date.now()) / 1_000;
  return (seconds > 0 ? seconds * 1_000 : growing) * (1 + Math.random() / 4);
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
  });
}
