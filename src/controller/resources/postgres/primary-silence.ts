/** A primary that is silent for so long is told of. A checkpoint on a busy disk takes less. */
export const hangsAfterMs = 5_000;
/**
 * What passes between two looks counts as so much at most: where we were held up, the primary may
 * have answered long ago.
 */
const countedMs = 1_500;

interface Silence {
  readonly member: string;
  readonly since: string;
  readonly lookedMs: number;
  readonly silentMs: number;
}

/** For how long the primary has not answered, by the clock of who looks. */
export class PrimarySilence {
  #silence: Silence | null = null;

  /** It is asked; `at` is what will be said of a silence that begins here. */
  asked(member: string, at: string, nowMs: number): void {
    if (this.#silence?.member === member) return;
    this.#silence = { member, since: at, lookedMs: nowMs, silentMs: 0 };
  }

  /** It has not answered until now. */
  goesOn(nowMs: number): void {
    if (this.#silence === null) return;
    const { lookedMs, silentMs } = this.#silence;
    const passedMs = Math.min(countedMs, nowMs - lookedMs);
    this.#silence = { ...this.#silence, lookedMs: nowMs, silentMs: silentMs + passedMs };
  }

  ends(): void {
    this.#silence = null;
  }

  /** Since when it hangs; null for one that answers, or may yet. */
  hangsSince(member: string): string | null {
    const silence = this.#silence;
    if (silence?.member !== member || silence.silentMs < hangsAfterMs) return null;
    return silence.since;
  }
}
