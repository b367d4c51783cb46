import { constants, type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Log } from '../lib/log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import { type Sight, SIGHT_LIMIT_BYTES } from './sight.ts';

/** For what a watch cannot see: a mount of the network, a folder that was replaced. */
const LOOK_EVERY_MS = 1_000;

/** Something that is looked at again and again until it is closed. */
export interface Following {
  /** Looks now, or soon. */
  look(afterMs?: number): void;
  close(): void;
}

export interface FollowParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each look, one after the other. */
  seen(sight: Sight): Promise<void>;
}

/**
 * Looks at a file whenever it may have changed, whatever the editor did: wrote it, renamed another
 * over it, emptied it first. Its folder is watched, for the file is often another one afterwards.
 */
export function followFile(path: string, parts: FollowParts): Following {
  return new FollowedFile(path, parts);
}

class FollowedFile implements Following {
  readonly #path: string;
  readonly #parts: FollowParts;
  readonly #every: Timer;
  #watching: FSWatcher | null = null;
  #isLooking = false;
  #isDue = false;
  #isClosed = false;

  constructor(path: string, parts: FollowParts) {
    this.#path = path;
    this.#parts = parts;
    this.#watch();
    this.#every = parts.clock.every(LOOK_EVERY_MS, () => {
      this.#watch();
      this.look();
    });
    this.look();
  }

  look(afterMs = 0): void {
    if (afterMs > 0) this.#parts.clock.after(afterMs, () => this.#begin());
    else this.#begin();
  }

  close(): void {
    this.#isClosed = true;
    this.#every.cancel();
    this.#watching?.close();
  }

  #watch(): void {
    if (this.#watching !== null || this.#isClosed) return;
    try {
      const name = basename(this.#path);
      const watching = watch(dirname(this.#path), { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) this.look();
      });
      this.#watching = watching;
      watching.on('error', () => {
        watching.close();
        this.#watching = null;
      });
    } catch {
      // The folder is away, or watches have run out: the timer looks on.
    }
  }

  /** One look at a time; what happens meanwhile is worth another. */
  #begin(): void {
    this.#isDue = true;
    if (!this.#isLooking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isLooking = true;
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false;
      try {
        await this.#parts.seen(await sightOf(this.#path));
      } catch (error) {
        this.#parts.log.warn('looking at the flags failed', { reason: String(error) });
      }
    }
    this.#isLooking = false;
  }
}

async function sightOf(path: string): Promise<Sight> {
  try {
    // Not blocking: a named pipe in its place would otherwise hold us for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) return { kind: 'lost', why: 'is not a file' };
      if (found.size > SIGHT_LIMIT_BYTES) {
        return { kind: 'lost', why: `has more than ${SIGHT_LIMIT_BYTES} bytes` };
      }
      const bytes = await file.readFile();
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { kind: 'text', text, who: `${basename(path)}, of ${ownerOf(found.uid)}` };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'lost', why: whyOf(error) };
  }
}

/** Whose file it is, which is as much as a file tells of who wrote it. */
function ownerOf(uid: number): string {
  try {
    const own = userInfo();
    return own.uid === uid ? own.username : `user ${uid}`;
  } catch {
    return `user ${uid}`;
  }
}

function whyOf(error: unknown): string {
  if (error instanceof TypeError) return 'is not UTF-8';
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
}
