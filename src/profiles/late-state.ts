import type { JsonValue } from '../lib/json.ts';
import type {
  CompareAndSetResult,
  Lease,
  State,
  StateChange,
  StateEntry,
  Watch,
} from '../ports/state/port.ts';

/**
 * A state that need not be there yet: each call opens it if it is not open, and rejects like any
 * call on a state that is away when that fails. So a worker starts and serves by what it last knew
 * while the state is locked, damaged or on a full disk.
 */
export class LateState implements State {
  readonly #open: () => Promise<State>;
  #opened: Promise<State> | null = null;

  constructor(open: () => Promise<State>) {
    this.#open = open;
  }

  async get(key: string): Promise<StateEntry | null> {
    return (await this.#state()).get(key);
  }

  async put(key: string, value: JsonValue): Promise<number> {
    return (await this.#state()).put(key, value);
  }

  async compareAndSet(
    key: string,
    value: JsonValue,
    expectedRevision: number,
  ): Promise<CompareAndSetResult> {
    return (await this.#state()).compareAndSet(key, value, expectedRevision);
  }

  async delete(key: string, expectedRevision?: number): Promise<boolean> {
    return (await this.#state()).delete(key, expectedRevision);
  }

  async list(prefix: string): Promise<readonly StateEntry[]> {
    return (await this.#state()).list(prefix);
  }

  async lease(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    return (await this.#state()).lease(name, holder, ttlMs);
  }

  async watch(prefix: string, listener: (change: StateChange) => void): Promise<Watch> {
    return (await this.#state()).watch(prefix, listener);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await (await opened?.catch(() => null))?.close();
  }

  #state(): Promise<State> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }
}
