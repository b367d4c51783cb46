import { ClientProblem } from './client-problem.ts';
import { tellHealth } from './health.ts';

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_TRY_MS = 15_000;

/** An answer of status 0 stands for none. */
export interface Answer extends Pick<Response, 'status' | 'ok' | 'headers' | 'text'> {}

/** One try; ends in time whatever the other side does. Rejects only with the signal's reason. */
export async function ask(
  url: string,
  bounds: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  deadlineMs: number,
  init: RequestInit,
): Promise<Answer> {
  const { timeoutMs = LONGEST_TRY_MS, signal } = bounds;
  const limit = AbortSignal.timeout(Math.max(1, Math.min(timeoutMs, deadlineMs - Date.now())));
  try {
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const response = await fetch(url, { ...init, signal: both });
    tellHealth(response.headers, url);
    return response;
  } catch (error) {
    signal?.throwIfAborted();
    const detail = `No answer came: ${String(error)}`;
    const text = JSON.stringify({ title: 'No connection', detail });
    return { status: 0, ok: false, headers: new Headers(), text: async () => text };
  }
}

/** What was answered: JSON where it is that, else its text. */
export async function bodyOf(answer: Answer, signal: AbortSignal | undefined): Promise<unknown> {
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

export function toProblem({ status, headers }: Answer, body: unknown): ClientProblem {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const told = isObject ? (body as Record<string, unknown>) : {};
  return new ClientProblem(status, told, askedPauseMs(headers));
}

/** As the answer asks, else growing; never all clients at the same moment. */
export function pauseOf({ headers }: Answer, turn: number): number {
  const asked = askedPauseMs(headers);
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** (turn - 1), LONGEST_PAUSE_MS);
  if (asked === null) return growing * (0.5 + Math.random());
  return (asked > 0 ? asked : growing) * (1 + Math.random() / 4);
}

/** `Retry-After`, seconds or a date; null where an answer does not say. */
function askedPauseMs(headers: Headers): number | null {
  const asked = headers.get('retry-after');
  if (asked === null) return null;
  const ms = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - Date.now();
  return Math.max(0, ms) || 0;
}
