import { ownBytes } from '../../../lib/own-bytes.ts';
import { Readable } from 'node:stream';

/** How far the slowest reader may fall behind of what is kept no longer. */
const WINDOW_BYTES = 128 * 1024;

/** What all bodies that are under way may take together. */
export interface BodyBudget {
  readonly limitBytes: number;
  usedBytes: number;
}

/**
 * A body that comes once and is read by many, each at its own pace. While it is no longer than
 * `limitBytes`, and the budget allows it, all of it is kept, so that a reader may join at any time
 * and the whole is there in the end. Beyond, it is only passed on: nobody joins any more, and it
 * comes no faster than the slowest reader takes it.
 */
export class SharedBody {
  /** Resolves once no more of it comes, however that ended. */
  readonly over: Promise<void>;
  readonly #source: Readable;
  readonly #limitBytes: number;
  readonly #budget: BodyBudget;
  readonly #readers = new Set<BodyReader>();
  #chunks: Buffer[] = [];
  /** How many chunks, and bytes, are no longer there. */
  #droppedChunks = 0;
  #startBytes = 0;
  #endBytes = 0;
  #state: 'flowing' | 'ended' | 'failed' = 'flowing';
  #isWhole = true;

  /** `onWhole` is given all of it when it has ended, unless it was too long or failed. */
  constructor(
    source: Readable,
    limitBytes: number,
    budget: BodyBudget,
    onWhole: (body: Buffer) => void,
  ) {
    this.#source = source;
    this.#limitBytes = limitBytes;
    this.#budget = budget;
    source.on('data', (chunk: Buffer) => this.#add(chunk));
    source.once('end', () => {
      this.#state = 'ended';
      if (this.#isWhole) onWhole(ownBytes(this.#chunks));
      this.#wake();
      this.#releaseUnread();
    });
    source.once('close', () => {
      if (this.#state === 'flowing') this.#fail();
    });
    source.once('error', () => this.#fail());
    this.over = new Promise((resolve) => void source.once('close', () => resolve()));
  }

  /** Whether the beginning is still there. */
  get isWhole(): boolean {
    return this.#isWhole && this.#state === 'flowing';
  }

  /** All of it from the beginning; null when the beginning is gone. */
  read(): Readable | null {
    if (!this.#isWhole || this.#state === 'ended') return null;
    const reader = new BodyReader(this);
    this.#readers.add(reader);
    return reader;
  }

  /** Nobody wants it: it need not come any further. */
  abandon(): void {
    if (this.#state === 'flowing') this.#source.destroy();
  }

  /** The chunk of that number; null when the reader has to wait for it. */
  next(index: number): Buffer | 'end' | 'failed' | null {
    if (this.#state === 'failed') return 'failed';
    const chunk = this.#chunks[index - this.#droppedChunks];
    if (chunk !== undefined) return chunk;
    return this.#state === 'ended' ? 'end' : null;
  }

  /** A reader has gone on, or has gone. */
  moved(reader: BodyReader, isGone: boolean): void {
    if (isGone) this.#readers.delete(reader);
    if (this.#state !== 'flowing') {
      this.#releaseUnread();
      return;
    }
    if (this.#readers.size === 0) {
      // What nobody reads is still kept where it may be kept.
      if (!this.#isWhole) this.abandon();
      return;
    }
    if (!this.#isWhole) this.#dropRead();
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#endBytes += chunk.length;
    this.#budget.usedBytes += chunk.length;
    const isTooMuch =
      this.#endBytes > this.#limitBytes || this.#budget.usedBytes > this.#budget.limitBytes;
    if (this.#isWhole && isTooMuch) {
      this.#isWhole = false;
      if (this.#readers.size === 0) {
        this.abandon();
        return;
      }
    }
    this.#wake();
    if (!this.#isWhole) this.#dropRead();
  }

  /** Keeps no more than the slowest reader still needs, and lets it catch up. */
  #dropRead(): void {
    const slowest = Math.min(...[...this.#readers].map((reader) => reader.index));
    for (let chunk = this.#chunks[0]; chunk && this.#droppedChunks < slowest;) {
      this.#startBytes += chunk.length;
      this.#budget.usedBytes -= chunk.length;
      this.#droppedChunks++;
      this.#chunks.shift();
      chunk = this.#chunks[0];
    }
    const isFarBehind = this.#endBytes - this.#startBytes > WINDOW_BYTES;
    if (isFarBehind) this.#source.pause();
    else if (this.#source.isPaused()) this.#source.resume();
  }

  #fail(): void {
    this.#state = 'failed';
    this.#release();
    this.#wake();
  }

  /** It has ended, and whoever reads it has it all. */
  #releaseUnread(): void {
    if (this.#state === 'ended' && this.#readers.size === 0) this.#release();
  }

  #release(): void {
    this.#budget.usedBytes -= this.#endBytes - this.#startBytes;
    this.#startBytes = this.#endBytes;
    this.#droppedChunks += this.#chunks.length;
    this.#chunks = [];
  }

  #wake(): void {
    for (const reader of this.#readers) reader.wake();
  }
}

class BodyReader extends Readable {
  /** Of the chunk it reads next. */
  index = 0;
  readonly #body: SharedBody;
  #isWaiting = false;

  constructor(body: SharedBody) {
    super();
    this.#body = body;
  }

  wake(): void {
    if (this.#isWaiting) this._read();
  }

  override _read(): void {
    this.#isWaiting = false;
    for (;;) {
      const next = this.#body.next(this.index);
      if (next === null) {
        this.#isWaiting = true;
        return;
      }
      if (next === 'end') {
        this.push(null);
        return;
      }
      if (next === 'failed') {
        this.destroy(new Error('the body was cut off'));
        return;
      }
      this.index++;
      const wantsMore = this.push(next);
      this.#body.moved(this, false);
      if (!wantsMore) return;
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#body.moved(this, true);
    done(error);
  }
}
