import { ask, bodyOf, pauseOf, toProblem, type Answer } from './answer.ts';
import { ClientProblem } from './client-problem.ts';
import { forgetKey, keptKey, newKey } from './kept-key.ts';

export interface SendOptions {
  /** The body, as JSON; none where it is left out. */
  readonly json?: unknown;
  /**
   * What the write is known by, however often it is sent. One is made where none is given; keep one
   * of your own (in the form's state, say) so that a second click is the same write. ASCII that can
   * be seen, and spaces: anything else rejects with a TypeError.
   */
  readonly key?: string;
  /**
   * Instead of a key, a name for what is being done, such as `gift`: the tab keeps a key for it,
   * over a reload too, until the site has said what became of it. Another body is another act.
   */
  readonly act?: string;
  /** POST unless told. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often it is sent at most, the first time included; 4 unless told. */
  readonly tries?: number;
  /**
   * Answers that are worth another try, 0 for none at all; 0, 408, 425, 429, 502, 503 and 504
   * unless told.
   */
  readonly again?: readonly number[];
  /** How long one try may take; 15 seconds unless told. */
  readonly timeoutMs?: number;
  /** How long to go on trying, and to follow what was queued; 30 seconds unless told. */
  readonly forMs?: number;
  /** False to be done once a write is queued; true unless told. */
  readonly follow?: boolean;
  /** Told when an accepted write waits in a queue, so that a page can say so. */
  readonly onQueued?: (statusUrl: string) => void;
  readonly signal?: AbortSignal;
}

export type Outcome =
  | { readonly kind: 'done'; readonly status: number; readonly body: unknown; readonly key: string }
  /** Accepted for good and not carried out yet: `statusUrl` tells when it is. */
  | { readonly kind: 'queued'; readonly statusUrl: string; readonly key: string };

/** Too much at the moment, lost on the way, or not possible just now. */
const worthAnotherTry = [0, 408, 425, 429, 502, 503, 504];

/**
 * Sends a write so that it is done once: each try carries the same `Idempotency-Key`, tries follow
 * each other with growing pauses or as `Retry-After` says, and a write that the site has queued is
 * followed until it is carried out or the time is up.
 *
 * Rejects with ClientProblem for an answer that no further try would change, or for the last one;
 * with the signal's reason when that is aborted.
 */
export async function send(url: string, options: SendOptions): Promise<Outcome> {
  const { json, act, forMs = 30_000 } = options;
  const body = JSON.stringify(json) as string | undefined;
  const key = options.key ?? (act === undefined ? newKey() : keptKey(act, body ?? ''));
  if (!/^[ -~]+$/.test(key)) throw new TypeError('The key of a write is not plain ASCII.');
  try {
    const outcome = await sendUntil(url, options, body, key, Date.now() + forMs);
    if (act !== undefined) forgetKey(act);
    return outcome;
  } catch (error) {
    if (act !== undefined && isRefusal(error)) forgetKey(act);
    throw error;
  }
}

/** The site has said for good that it was not done: the next try is another act. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ClientProblem)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && !worthAnotherTry.includes(status);
}

async function sendUntil(
  url: string,
  options: SendOptions,
  body: string | undefined,
  key: string,
  deadlineMs: number,
): Promise<Outcome> {
  const { method = 'POST', tries = 4, again = worthAnotherTry, headers, signal } = options;
  const request = {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      accept: 'application/json',
      ...headers,
      'idempotency-key': `"${key.replaceAll(/["\\]/g, '\\$&')}"`,
    },
    ...(body === undefined ? {} : { body }),
  };
  for (let turn = 1; ; turn++) {
    const answer = await ask(url, options, deadlineMs, request);
    if (answer.status === 202) return follow(url, answer, options, key, deadlineMs);
    const said = await bodyOf(answer, signal);
    if (answer.ok) return { kind: 'done', status: answer.status, body: said, key };
    const pauseMs = pauseOf(answer, turn);
    const over = turn >= tries || Date.now() + pauseMs >= deadlineMs;
    if (over || !again.includes(answer.status)) throw toProblem(answer, said);
    await wait(pauseMs, signal);
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
  if (options.follow === false) return { kind: 'queued', statusUrl, key };
  let latest = answer;
  for (let turn = 1; ; turn++) {
    const pauseMs = pauseOf(latest, turn);
    if (Date.now() + pauseMs >= deadlineMs) return { kind: 'queued', statusUrl, key };
    await wait(pauseMs, options.signal);
    latest = await ask(statusUrl, options, deadlineMs, { headers: { accept: '*/*' } });
    if (latest.status === 202 || worthAnotherTry.includes(latest.status)) continue;
    const body = await bodyOf(latest, options.signal);
    if (latest.ok) return { kind: 'done', status: latest.status, body, key };
    throw toProblem(latest, body);
  }
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
