import { NeedLostError } from './need-lost-error.ts';

/** What was learnt, and when. */
export interface Kept<T> {
  readonly value: T;
  /** Milliseconds since the epoch. */
  readonly asOfMs: number;
}

/** `now` is what was just asked for, `kept` what it was before, `otherwise` what always can be said. */
export type Answered<T> =
  | { readonly from: 'now' | 'kept'; readonly value: T; readonly asOfMs: number }
  | { readonly from: 'otherwise'; readonly value: T; readonly asOfMs: null };

export interface LastGoodOptions<T> {
  /** How old an answer may be and still be given. */
  readonly forMs: number;
  /** How many questions are remembered; a thousand unless told. */
  readonly most?: number;
  /** What is said where nothing is kept; without it the loss itself is thrown. */
  readonly otherwise?: T;
  readonly nowMs?: () => number;
}

const MOST = 1_000;

/**
 * The last rungs of a need's ladder within a service: where every server of it is lost, what it
 * said last, and where nothing is kept, what always can be said. For answers that are one person's
 * own, which Turnout keeps for nobody. In memory: each instance learns by itself and a new one
 * knows nothing. The least recently asked for goes first.
 */
export class LastGood<T> {
  readonly #options: LastGoodOptions<T>;
  readonly #nowMs: () => number;
  /** A Map keeps its order: what is asked for moves to the end. */
  readonly #kept = new Map<string, Kept<T>>();

  constructor(options: LastGoodOptions<T>) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** What `load` gives. Only NeedLostError is stood in for; any other error is thrown as it is. */
  async ask(question: string, load: () => Promise<T>): Promise<Answered<T>> {
    try {
      const value = await load();
      return { from: 'now', ...this.keep(question, value) };
    } catch (error) {
      if (!(error instanceof NeedLostError)) throw error;
      const kept = this.find(question);
      if (kept !== null) return { from: 'kept', ...kept };
      const { otherwise } = this.#options;
      if (otherwise === undefined) throw error;
      return { from: 'otherwise', value: otherwise, asOfMs: null };
    }
  }

  keep(question: string, value: T): Kept<T> {
    const kept = { value, asOfMs: this.#nowMs() };
    this.#kept.delete(question);
    this.#kept.set(question, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= (this.#options.most ?? MOST)) break;
      this.#kept.delete(oldest);
    }
    return kept;
  }

  /** Null where nothing is kept that is young enough. */
  find(question: string): Kept<T> | null {
    const kept = this.#kept.get(question);
    if (kept === undefined) return null;
    this.#kept.delete(question);
    if (this.#nowMs() - kept.asOfMs > this.#options.forMs) return null;
    this.#kept.set(question, kept);
    return kept;
  }
}
