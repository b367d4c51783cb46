import { readFileSync } from 'node:fs';
import { appendFile, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLiveTableEntry, type LiveTableEntry } from '../../../contract/tables.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';

type Change = readonly [name: string, entry: LiveTableEntry | null];

const FILE = 'tables.jsonl';
const DELAY_MS = 100;
/** The file is written anew when it has this many lines more than twice what is live. */
const SPARE_LINES = 1_000;
const CHUNK_LINES = 1_000;

/**
 * Live entries of tables on a worker's disk, for when it starts and state is away: a line for each
 * change, so that one change is one short line however many entries there are. What cannot be kept
 * is logged: serving goes on without.
 */
export class KeptChanges {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Everything there is now, for when the file is written anew. */
  readonly #all: () => ReadonlyMap<string, LiveTableEntry>;
  #waiting: Change[] = [];
  #lines = 0;
  #timer: Timer | null = null;
  #writing = Promise.resolve();

  constructor(parts: {
    readonly folder: string;
    readonly clock: Clock;
    readonly log: Log;
    all(): ReadonlyMap<string, LiveTableEntry>;
  }) {
    this.#folder = parts.folder;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#all = parts.all;
  }

  /** What was kept, oldest first; a line that a kill cut short, or is damaged, says nothing. */
  read(): readonly Change[] {
    let text: string;
    try {
      text = readFileSync(join(this.#folder, FILE), 'utf8');
    } catch {
      return [];
    }
    const changes = text.split('\n').flatMap((line) => {
      const change = readLine(line);
      return change === null ? [] : [change];
    });
    this.#lines = changes.length;
    return changes;
  }

  keep(...change: Change): void {
    this.#waiting.push(change);
    this.#timer ??= this.#clock.after(DELAY_MS, () => void this.flush());
  }

  /** Resolves when all that was kept is on disk, or has failed to get there and was reported. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const changes = this.#waiting;
    if (changes.length === 0) return;
    this.#waiting = [];
    const all = this.#all();
    try {
      if (this.#lines + changes.length > 2 * all.size + SPARE_LINES)
        await this.#writeAnew([...all]);
      else {
        // A line cut short by a kill ends here, and not in the middle of the next.
        await appendFile(join(this.#folder, FILE), `\n${linesOf(changes)}`, { mode: 0o600 });
        this.#lines += changes.length;
      }
    } catch (error) {
      this.#log.warn('Changes of tables could not be kept', { error: String(error) });
    }
  }

  /** In pieces, since a hundred thousand at once would keep requests waiting. */
  async #writeAnew(all: readonly Change[]): Promise<void> {
    const temporary = join(this.#folder, `${FILE}.${process.pid}`);
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        for (let at = 0; at < all.length; at += CHUNK_LINES) {
          await file.writeFile(linesOf(all.slice(at, at + CHUNK_LINES)));
        }
      } finally {
        await file.close();
      }
      await rename(temporary, join(this.#folder, FILE));
      this.#lines = all.length;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

function linesOf(changes: readonly Change[]): string {
  return changes.map((change) => `${JSON.stringify(change)}\n`).join('');
}

function readLine(line: string): Change | null {
  try {
    const value = JSON.parse(line) as unknown;
    if (!Array.isArray(value)) return null;
    const [name, entry] = value as readonly unknown[];
    if (typeof name !== 'string') return null;
    return entry === null || isLiveTableEntry(entry) ? [name, entry] : null;
  } catch {
    return null;
  }
}
