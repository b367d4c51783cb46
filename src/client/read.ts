import { ask, bodyOf, toProblem } from './answer.ts';

export interface ReadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** How long it may take; 15 seconds unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What `url` answers: JSON where it is that, else its text. Asked once: whether to try again is for
 * the reader to say, since the gateway has tried already.
 *
 * Rejects with ClientProblem for any answer that is an error, and where none came in time; with the
 * signal's reason when that is aborted.
 */
export async function read(url: string, options: ReadOptions = {}): Promise<unknown> {
  const headers = { accept: 'application/json', ...options.headers };
  const answer = await ask(url, options, Number.POSITIVE_INFINITY, { headers });
  const body = await bodyOf(answer, options.signal);
  if (answer.ok) return body;
  throw toProblem(answer, body);
}
