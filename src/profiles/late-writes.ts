import type {
  AcceptedWrite,
  DeadLetter,
  DeadLetterQuery,
  NewWrite,
  RequeueChanges,
  WriteDrain,
  Writes,
  WriteStats,
  WriteStatus,
} from '../ports/writes/port.ts';
import type { Lease } from '../ports/state/port.ts';

/**
 * A queue that need not be there yet: each call opens it if it is not open, and rejects like any
 * call on a queue that fails. So a worker serves while its disk is full or the folder is damaged.
 */
export class LateWrites implements Writes {
  readonly #open: () => Promise<Writes>;
  #opening: Promise<Writes> | null = null;
  #opened: Writes | null = null;

  constructor(open: () => Promise<Writes>) {
    this.#open = open;
  }

  async append(write: NewWrite): Promise<AcceptedWrite> {
    return (await this.#writes()).append(write);
  }

  /** Unsure until it is open. */
  quiet(): boolean {
    return this.#opened?.quiet() ?? false;
  }

  async backlog(feature: string, key: string): Promise<number> {
    return (await this.#writes()).backlog(feature, key);
  }

  async find(id: string): Promise<WriteStatus | null> {
    return (await this.#writes()).find(id);
  }

  async stats(): Promise<WriteStats> {
    return (await this.#writes()).stats();
  }

  async deadLetters(query?: DeadLetterQuery): Promise<readonly DeadLetter[]> {
    return (await this.#writes()).deadLetters(query);
  }

  async requeue(id: string, changes: RequeueChanges): Promise<boolean> {
    return (await this.#writes()).requeue(id, changes);
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#writes()).discard(id);
  }

  async drain(lease: Pick<Lease, 'fence' | 'holder'>): Promise<WriteDrain> {
    return (await this.#writes()).drain(lease);
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    this.#opened = null;
    await (await opening?.catch(() => null))?.close();
  }

  #writes(): Promise<Writes> {
    this.#opening ??= this.#open().then(
      (writes) => {
        this.#opened = writes;
        return writes;
      },
      (error: unknown) => {
        this.#opening = null;
        throw error;
      },
    );
    return this.#opening;
  }
}
