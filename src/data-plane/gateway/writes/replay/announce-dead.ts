import type { Log } from '../../../../lib/log.ts';
import type { Journal } from '../../../../ports/journal/port.ts';
import type { DeadLetter, Writes } from '../../../../ports/writes/port.ts';

export type WriteJournal = Pick<Journal, 'append' | 'range'>;

/** What an alert is made of, for now: an entry for each write that was set aside. */
const WRITE_DEAD = 'write.dead';
const MOST = 1_000;

/** Tells of each dead letter, at least once, whoever set it aside. */
export class DeadLetterNews {
  readonly #writes: Pick<Writes, 'deadLetters'>;
  readonly #journal: WriteJournal;
  readonly #who: string;
  readonly #log: Log;
  /** By id and time: one that was sent back may die again. Null until the journal was read. */
  #told: Set<string> | null = null;
  #count = 0;

  constructor(
    writes: Pick<Writes, 'deadLetters'>,
    journal: WriteJournal,
    { who, log }: { readonly who: string; readonly log: Log },
  ) {
    this.#writes = writes;
    this.#journal = journal;
    this.#who = who;
    this.#log = log;
  }

  /** `count` is how many there are; nothing is looked at where it is as before. */
  async look(count: number, isSure: boolean): Promise<void> {
    if (count === this.#count && !isSure) return;
    try {
      this.#told ??= await this.#toldBefore();
      const letters = await this.#writes.deadLetters({ limit: MOST });
      const told = this.#told;
      for (const letter of letters) {
        if (told.has(markOf(letter))) continue;
        await this.#tell(letter);
        told.add(markOf(letter));
      }
      // What is no dead letter any more need not be remembered.
      this.#told = new Set(letters.map(markOf));
      this.#count = count;
    } catch (error) {
      this.#log.warn('Dead letters could not be told of yet', { reason: String(error) });
    }
  }

  async #toldBefore(): Promise<Set<string>> {
    const entries = await this.#journal.range({ kind: WRITE_DEAD, newest: true, limit: MOST });
    return new Set(
      entries.map(({ data }) => {
        const { id, diedAtMs } = data as { readonly id: string; readonly diedAtMs: number };
        return `${id} ${diedAtMs}`;
      }),
    );
  }

  async #tell({
    id,
    feature,
    reason,
    attempts,
    acceptedAtMs,
    diedAtMs,
  }: DeadLetter): Promise<void> {
    const data = { id, reason, attempts, acceptedAtMs, diedAtMs };
    this.#log.error('A queued write was set aside', { feature, ...data });
    const who = this.#who;
    await this.#journal.append({ kind: WRITE_DEAD, subject: feature, who, why: reason, data });
  }
}

function markOf({ id, diedAtMs }: Pick<DeadLetter, 'id' | 'diedAtMs'>): string {
  return `${id} ${diedAtMs}`;
}
