import type { Journal, JournalEntry, NewJournalEntry } from '../ports/journal/port.ts';

/**
 * A journal that need not be there yet: each call opens it if it is not open, and rejects like any
 * call on a journal that is away when that fails.
 */
export class LateJournal implements Pick<Journal, 'append' | 'close'> {
  readonly #open: () => Promise<Journal>;
  #opened: Promise<Journal> | null = null;

  constructor(open: () => Promise<Journal>) {
    this.#open = open;
  }

  async append(entry: NewJournalEntry): Promise<JournalEntry> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return (await this.#opened).append(entry);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await (await opened?.catch(() => null))?.close();
  }
}
