import { TurnoutError } from '../../lib/errors.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import type { Clock } from '../../ports/clock/port.ts';

export interface BlobStore {
  /** Where it is: the name by which people are told of it. */
  readonly region: string;
  /** Called when it is first needed, and again until it succeeds. */
  open(): Promise<Blobs>;
}

export interface ReplicaLimits {
  /** A call that takes longer has stalled. */
  readonly stallMs: number;
  /** Failures and stalls in a row after which a store is left alone. */
  readonly failures: number;
  /** For how long at first; doubled each time up to the most. */
  readonly aloneMs: number;
  readonly mostAloneMs: number;
}

/**
 * So many calls at a time to one store. A file system that hangs holds a thread of the process for
 * each call; with this, threads are left for the other store.
 */
const concurrentCalls = 2;
/** Each is somebody who waits, and asks another store meanwhile. */
const waitingCalls = 20_000;

/** Refusals that say nothing about the store. */
const answers = new Set(['blob-corrupt', 'blob-digest-invalid', 'blob-too-large']);

/**
 * One of several stores: calls to it are bounded in time and number, and one that fails or stalls
 * again and again is left alone for a while.
 */
export class Replica {
  readonly region: string;
  readonly #store: BlobStore;
  readonly #clock: Clock;
  readonly #limits: ReplicaLimits;
  readonly #waiting: (() => void)[] = [];
  #opened: Promise<Blobs> | null = null;
  #running = 0;
  /** Of those that run, how many have stalled and hold their place still. */
  #stuck = 0;
  #failures = 0;
  #probing = false;
  #aloneMs = 0;
  #aloneUntilMs = -Infinity;
  #reason: string | null = null;

  constructor(store: BlobStore, clock: Clock, limits: ReplicaLimits) {
    this.region = store.region;
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Why it failed last; null while it is well. */
  get reason(): string | null {
    return this.#reason;
  }

  /**
   * It has failed or stalled so often that it is not asked unless nobody else can answer. After a
   * while one call at a time tries whether it is well again.
   */
  isLeftAlone(): boolean {
    if (this.#stuck >= concurrentCalls || this.#probing) return true;
    return this.#clock.monotonicMs() < this.#aloneUntilMs;
  }

  /**
   * The outcome of a call; rejects with TurnoutError `blob-store-stalled` after `limitMs`. What is
   * under way then may still happen. A `quick` call has stalled
   * before that.
   */
  async call<Result>(
    work: (blobs: Blobs) => Promise<Result>,
    limitMs: number,
    { quick = false }: { readonly quick?: boolean } = {},
  ): Promise<Result> {
    const isProbe = this.#failures >= this.#limits.failures && !this.isLeftAlone();
    if (isProbe) this.#probing = true;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const given = this.#clock.after(limitMs, () => reject(storeStalled(this.region, limitMs)));
    this.#inTurn(async () => work(await this.#open()), quick ? this.#limits.stallMs : limitMs).then(
      resolve,
      reject,
    );
    try {
      const result = await promise;
      this.#succeeded();
      return result;
    } catch (error) {
      const isAnswer = error instanceof TurnoutError && answers.has(error.code);
      if (isAnswer) this.#succeeded();
      else this.#failed(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      given.cancel();
      if (isProbe) this.#probing = false;
    }
  }

  async #inTurn<Result>(work: () => Promise<Result>, stallMs: number): Promise<Result> {
    if (this.#running >= concurrentCalls) {
      if (this.#waiting.length >= waitingCalls) throw storeStalled(this.region, 0);
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
    this.#running += 1;
    let stuck = false;
    const stalled = this.#clock.after(stallMs, () => {
      stuck = true;
      this.#stuck += 1;
      this.#failed('it stalls');
    });
    try {
      return await work();
    } finally {
      stalled.cancel();
      if (stuck) this.#stuck -= 1;
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  #open(): Promise<Blobs> {
    this.#opened ??= this.#store.open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#aloneMs = 0;
    this.#aloneUntilMs = -Infinity;
    this.#reason = null;
  }

  #failed(reason: string): void {
    this.#reason = reason;
    this.#failures += 1;
    const nowMs = this.#clock.monotonicMs();
    if (this.#failures < this.#limits.failures || nowMs < this.#aloneUntilMs) return;
    const { aloneMs, mostAloneMs } = this.#limits;
    this.#aloneMs = Math.min(mostAloneMs, Math.max(aloneMs, this.#aloneMs * 2));
    this.#aloneUntilMs = nowMs + this.#aloneMs;
  }
}

function storeStalled(region: string, limitMs: number): TurnoutError {
  return new TurnoutError(
    'blob-store-stalled',
    `The blobs in ${region} do not answer${limitMs > 0 ? ` within ${limitMs} ms` : ''}.`,
    'Look at the disk or file system that they lie on; what it lacks is copied once it answers.',
  );
}
