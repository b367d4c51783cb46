export interface Kept<T> {
  readonly value: T;
  /** Milliseconds since the epoch. */
  readonly asOfMs: number;
}

/**
 * The last good answer for each question, for when the partner gives none: at most `most` of them,
 * the least recently asked for dropped first, none older than `forMs`. In memory, so each instance
 * learns by itself and a new one knows nothing.
 */
export class KeptAnswers<T> {
  readonly #most: number;
  readonly #forMs: number;
  /** A Map keeps its order: what is asked for moves to the end. */
  readonly #answers = new Map<string, Kept<T>>();

  constructor(most: number, forMs: number) {
    this.#most = most;
    this.#forMs = forMs;
  }

  keep(question: string, value: T, asOfMs: number): void {
    this.#answers.delete(question);
    this.#answers.set(question, { value, asOfMs });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= this.#most) break;
      this.#answers.delete(oldest);
    }
  }

  find(question: string, nowMs: number): Kept<T> | null {
    const kept = this.#answers.get(question);
    if (kept === undefined) return null;
    this.#answers.delete(question);
    if (nowMs - kept.asOfMs > this.#forMs) return null;
    this.#answers.set(question, kept);
    return kept;
  }
}
