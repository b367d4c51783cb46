import type { JsonValue } from '../../lib/json.ts';
import { holdUntilDropped } from '../drop.ts';
import { log } from '../log.ts';
import type { FlagContext } from './flag.ts';

const PATH = '/ofrep/v1/evaluate/flags';
const ANSWER_MS = 2_000;
/** More than all flags of a site can be. */
const LONGEST_BYTES = 4 * 1024 * 1024;
const EVERY_MS = 1_000;
const SOONEST_MS = 100;

export interface FlagsAtOptions {
  /** What targeting rules may look at, the same for every question. */
  readonly context?: FlagContext;
  /** How often it is asked whether a flag is another; one second by default. */
  readonly everyMs?: number;
}

/** The flags of a site as one asker has them; questions are answered from memory. */
export interface FlagsAt {
  /** Resolves when they were asked for the first time, whatever came of it. */
  readonly asked: Promise<void>;
  flag(name: string, fallback: boolean): boolean;
  /** Of the kind of its fallback, which holds where there is no such flag, or nothing yet. */
  value(name: string, fallback: boolean): boolean;
  value(name: string, fallback: number): number;
  value(name: string, fallback: string): string;
  value(name: string, fallback: JsonValue): JsonValue;
  close(): void;
}

/**
 * The flags of a site for a program that Turnout does not run, so that it has no file of them:
 * followed over the OpenFeature Remote Evaluation Protocol at the site's internal address, such as
 * `http://10.0.0.7:8082`. What came last holds while the site cannot be reached. Throws TypeError
 * where the address is none.
 */
export function flagsAt(
  address: string,
  { context = {}, everyMs = EVERY_MS }: FlagsAtOptions = {},
): FlagsAt {
  return new FollowedFlags(new URL(PATH, address), context, Math.max(SOONEST_MS, everyMs));
}

class FollowedFlags implements FlagsAt {
  readonly asked: Promise<void>;
  readonly #url: URL;
  readonly #body: string;
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  #values: ReadonlyMap<string, JsonValue> = new Map();
  #etag: string | null = null;
  #lost: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(url: URL, context: FlagContext, everyMs: number) {
    this.#url = url;
    this.#body = JSON.stringify({ context });
    this.#everyMs = everyMs;
    this.asked = this.#look();
    holdUntilDropped(() => this.close());
  }

  flag(name: string, fallback: boolean): boolean {
    return this.value(name, fallback);
  }

  value(name: string, fallback: boolean): boolean;
  value(name: string, fallback: number): number;
  value(name: string, fallback: string): string;
  value(name: string, fallback: JsonValue): JsonValue;
  value(name: string, fallback: JsonValue): JsonValue {
    const found = this.#values.get(name);
    return found !== undefined && typeof found === typeof fallback ? found : fallback;
  }

  close(): void {
    this.#stop.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#ask();
      if (this.#lost !== null) log.info('the flags of the site are followed again');
      this.#lost = null;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      // Once for each reason: it may be away for hours.
      if (reason !== this.#lost) {
        log.warn('the flags of the site cannot be had, and those before stay in force', {
          address: this.#url.origin,
          reason,
        });
      }
      this.#lost = reason;
    }
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#look(), this.#everyMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    const response = await fetch(this.#url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        ...(this.#etag !== null && { 'if-none-match': this.#etag }),
      },
      body: this.#body,
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    if (response.status === 304) return;
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`answered with ${response.status}`);
    }
    this.#values = readValues(await readBounded(response));
    this.#etag = response.headers.get('etag');
  }
}

/** One that failed, or leaves its value to the code, is left out: the fallback holds. */
function readValues(text: string): ReadonlyMap<string, JsonValue> {
  const { flags } = (JSON.parse(text) ?? {}) as { readonly flags?: unknown };
  if (!Array.isArray(flags)) throw new Error('what was answered are no flags');
  const values = new Map<string, JsonValue>();
  for (const each of flags as readonly unknown[]) {
    const { key, value } = (each ?? {}) as { readonly key?: unknown; readonly value?: JsonValue };
    if (typeof key === 'string' && value !== undefined) values.set(key, value);
  }
  return values;
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BYTES) throw new Error(`the answer has more than ${LONGEST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
