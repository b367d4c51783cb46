import type { Content } from '../../../contract/frontend-release.ts';
import type { Log } from '../../../lib/log.ts';
import type { Blobs } from '../../../ports/blobs/port.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';

/** Where the contents of releases are read from. */
export type BlobSource = Pick<Blobs, 'get' | 'openRead'>;

/** Copies of a worker's own, for when no store of the site's blobs answers. */
export interface KeptCopies extends BlobSource {
  /**
   * What to keep of a frontend, most needed first; null for nothing any more. Copied soon, in the
   * background, as far as the frontend's share of the room reaches.
   */
  keep(frontend: string, contents: readonly Content[] | null): void;
  /** Resolves once nothing is being copied. */
  close(): Promise<void>;
}

export interface KeptCopiesOptions {
  readonly blobs: BlobSource;
  /** Of this worker alone, on a disk of its machine. */
  readonly kept: Blobs;
  readonly clock: Clock;
  readonly log: Log;
  readonly limitBytes?: number;
}

/** A page of a frontend with what it loads is far below its share, with 150 frontends too. */
const defaultLimitBytes = 64 * 1024 ** 2;

/** Frontends change one after the other when a site starts: one round for all of it. */
const delayMs = 1_000;

/** A store that hangs is waited for so long where there is a copy. */
const patienceMs = 500;

/**
 * Reads from the site's blobs and, where they fail, lack it or do not answer in time, from the
 * worker's own copies: they hold the very bytes, so nothing that is served is out of date but for
 * which release it is.
 */
export async function openKeptCopies(options: KeptCopiesOptions): Promise<KeptCopies> {
  const held = new Set(await Array.fromAsync(options.kept.list()));
  return new CopiesOnDisk(options, held);
}

class CopiesOnDisk implements KeptCopies {
  readonly #options: KeptCopiesOptions;
  readonly #held: Set<string>;
  readonly #wanted = new Map<string, readonly Content[]>();
  #timer: Timer | null = null;
  #round: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: KeptCopiesOptions, held: Set<string>) {
    this.#options = options;
    this.#held = held;
  }

  get(digest: string): Promise<Uint8Array | null> {
    const { blobs, kept } = this.#options;
    return this.#either(
      digest,
      () => blobs.get(digest),
      () => kept.get(digest),
    );
  }

  openRead(digest: string): ReturnType<Blobs['openRead']> {
    const { blobs, kept } = this.#options;
    return this.#either(
      digest,
      () => blobs.openRead(digest),
      () => kept.openRead(digest),
    );
  }

  keep(frontend: string, contents: readonly Content[] | null): void {
    if (contents === null) this.#wanted.delete(frontend);
    else this.#wanted.set(frontend, contents);
    if (this.#closed) return;
    this.#timer ??= this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      this.#round = this.#round.then(() => this.#copy());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#round;
  }

  /** The site's own first; the copy when it fails, has nothing, or takes too long. */
  #either<Result>(
    digest: string,
    own: () => Promise<Result | null>,
    copy: () => Promise<Result | null>,
  ): Promise<Result | null> {
    if (!this.#held.has(digest)) return own();
    const { promise, resolve, reject } = Promise.withResolvers<Result | null>();
    const fallBack = (otherwise: () => void): void => {
      copy().then(
        (result) => (result === null ? otherwise() : resolve(result)),
        // A copy that is damaged is none; what the site's own say counts then.
        () => otherwise(),
      );
    };
    const impatient = this.#options.clock.after(patienceMs, () => fallBack(() => undefined));
    own().then(
      (result) => {
        impatient.cancel();
        return result === null ? fallBack(() => resolve(null)) : resolve(result);
      },
      (error: unknown) => {
        impatient.cancel();
        fallBack(() => reject(error));
      },
    );
    return promise;
  }

  async #copy(): Promise<void> {
    const { kept, log } = this.#options;
    const wanted = this.#chosen();
    try {
      for (const digest of wanted) {
        if (this.#closed) return;
        if (!this.#held.has(digest)) await this.#copyOne(digest);
      }
      // What no release names any more makes room.
      await kept.collect(wanted, 0);
      for (const digest of this.#held) if (!(await kept.has(digest))) this.#held.delete(digest);
    } catch (error) {
      log.warn('Copies of frontends could not be kept', { error: String(error) });
    }
  }

  async #copyOne(digest: string): Promise<void> {
    const { blobs, kept } = this.#options;
    // A blob that cannot be read now is copied in a later round.
    const bytes = await blobs.get(digest).catch(() => null);
    if (bytes === null) return;
    await kept.put(bytes);
    this.#held.add(digest);
  }

  /** Every frontend has the same share, so that none pushes out the pages of another. */
  #chosen(): ReadonlySet<string> {
    const share = (this.#options.limitBytes ?? defaultLimitBytes) / Math.max(1, this.#wanted.size);
    const chosen = new Set<string>();
    for (const contents of this.#wanted.values()) {
      let left = share;
      for (const { digest, bytes } of contents) {
        left -= bytes;
        if (left < 0) break;
        chosen.add(digest);
      }
    }
    return chosen;
  }
}
