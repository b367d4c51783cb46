import type { Outcome } from './progress-record.ts';

export interface OutcomeLimits {
  readonly keepMs: number;
  readonly bytes: number;
}

/** What became of the writes settled last, within bounds of age and size; the oldest go first. */
export class OutcomeStore {
  readonly #limits: OutcomeLimits;
  readonly #outcomes = new Map<string, Outcome>();
  #bytes = 0;

  constructor(limits: OutcomeLimits) {
    this.#limits = limits;
  }

  add(outcome: Outcome): void {
    this.#drop(outcome.id);
    this.#outcomes.set(outcome.id, outcome);
    this.#bytes += sizeOf(outcome);
    for (const [id, oldest] of this.#outcomes) {
      const isFresh = outcome.atMs - oldest.atMs < this.#limits.keepMs;
      if (isFresh && this.#bytes <= this.#limits.bytes) return;
      this.#drop(id);
    }
  }

  get(id: string, nowMs: number): Outcome | undefined {
    const outcome = this.#outcomes.get(id);
    return outcome !== undefined && nowMs - outcome.atMs < this.#limits.keepMs
      ? outcome
      : undefined;
  }

  all(): Iterable<Outcome> {
    return this.#outcomes.values();
  }

  #drop(id: string): void {
    const outcome = this.#outcomes.get(id);
    if (outcome === undefined) return;
    this.#outcomes.delete(id);
    this.#bytes -= sizeOf(outcome);
  }
}

function sizeOf(outcome: Outcome): number {
  return 200 + outcome.id.length + outcome.answerBase64.length;
}
