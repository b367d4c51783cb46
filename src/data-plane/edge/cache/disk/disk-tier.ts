import { createHash, randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../../lib/atomic-file.ts';
import { readJsonFile } from '../../../../lib/json-file.ts';
import type { Log } from '../../../../lib/log.ts';
import type { Clock, Timer } from '../../../../ports/clock/port.ts';
import type { CacheTarget } from '../address.ts';
import type { StoredAnswer } from '../stored-answer.ts';
import { decodeFile, encodeFile, EXPIRED_AT } from './disk-file.ts';
import { lookAt } from './look-at-file.ts';
import { DiskIndex, type DiskEntry } from './disk-index.ts';

export interface DiskTierOptions {
  /** Of this worker alone; made when it is not there. */
  readonly folder: string;
  readonly limitBytes: number;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'every'>;
  readonly log: Log;
}

interface SaidPurge {
  readonly target: CacheTarget;
  readonly isSoft: boolean;
  readonly untilEpochMs: number;
}

/** Answers wait here for the disk; what comes when it is full is not filed. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
/** After a write that failed, the disk is let be for so long. */
const REST_MS = 60_000;
const LOOKS_AT_ONCE = 8;
const SEEN = 'seen.json';
/** How far back it may be taken for away after kill -9. */
const SEEN_EVERY_MS = 10_000;
/** While it is not open yet; of more than these, all that lies there is taken for purged. */
const MOST_SAID = 20_000;

/**
 * Answers on disk, below those in memory: found again after a restart. It is a cache: nothing is
 * synced, what does not fit its digest is not there, and a disk that fails or is full costs nobody
 * more than a miss. Every write goes on in the background, in the order in which it was said.
 *
 * What was purged while the worker was away must not come back: nothing is given out before `open`
 * has been told of all that state knows of, and where state has forgotten some of the time since
 * this worker was last there, all that it kept is gone.
 */
export class DiskTier {
  readonly #options: DiskTierOptions;
  readonly #index: DiskIndex;
  readonly #loading = new Map<DiskEntry, Promise<StoredAnswer | null>>();
  #waitingBytes = 0;
  #restsUntilMs = 0;
  #work: Promise<void> = Promise.resolve();
  #isOpen = false;
  #said: SaidPurge[] = [];
  #forgottenUntilMs = 0;
  /** When the worker was last there to be told of purges. */
  #seenEpochMs = 0;
  #seeing: Timer | null = null;

  constructor(options: DiskTierOptions) {
    this.#options = options;
    this.#index = new DiskIndex(options.limitBytes, (entry) => this.#remove(entry));
  }

  usage(): { readonly answers: number; readonly bytes: number } {
    return { answers: this.#index.size, bytes: this.#index.bytes };
  }

  /** Once it has looked at all files and `told` of all purges, it gives out. Never rejects. */
  async open(told: Promise<void>): Promise<void> {
    const { clock } = this.#options;
    await Promise.all([this.#recover(), told]);
    if (this.#forgottenUntilMs > this.#seenEpochMs || this.#said.length > MOST_SAID) {
      this.purge({ kind: 'all' }, false, clock.nowMs());
    }
    const said = this.#said.splice(0);
    this.#isOpen = true;
    for (const { target, isSoft, untilEpochMs } of said) this.purge(target, isSoft, untilEpochMs);
    this.#see();
    this.#seeing = clock.every(SEEN_EVERY_MS, () => this.#see());
  }

  /** Resolves once all that was said before is on disk. */
  async close(): Promise<void> {
    this.#seeing?.cancel();
    if (this.#isOpen) this.#see();
    await this.#work;
  }

  purgesForgotten(untilEpochMs: number): void {
    this.#forgottenUntilMs = untilEpochMs;
  }

  /** Finds again what lies there; what is no answer, or half of one, is removed. */
  async #recover(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const seen = readJsonFile(join(folder, SEEN)) as { readonly epochMs?: number } | null;
      this.#seenEpochMs = seen?.epochMs ?? 0;
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      const waiting = files
        .filter((entry) => entry.isFile() && entry.parentPath !== folder)
        .values();
      await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, () => this.#lookAtEach(waiting)));
    } catch (error) {
      log.warn('What the cache kept on disk cannot be read', { error: String(error) });
    }
  }

  /** Null where nothing lies there, and else a promise of it: null where it turns out unfit. */
  find(address: string, requestHeaders: readonly string[]): Promise<StoredAnswer | null> | null {
    const entry = this.#isOpen ? this.#index.find(address, requestHeaders) : null;
    if (entry === null) return null;
    const loading = this.#loading.get(entry);
    if (loading !== undefined) return loading;
    const load = this.#load(entry).finally(() => this.#loading.delete(entry));
    this.#loading.set(entry, load);
    return load;
  }

  put(address: string, answer: StoredAnswer, tags: readonly string[]): void {
    const { clock } = this.#options;
    if (clock.monotonicMs() < this.#restsUntilMs) return;
    const receivedEpochMs = clock.nowMs() - (clock.monotonicMs() - answer.receivedMs);
    const bytes = encodeFile({ address, tags, answer, receivedEpochMs });
    if (this.#waitingBytes + bytes.length > MOST_WAITING_BYTES) return;
    const entry: DiskEntry = {
      name: nameOf(address, answer),
      address,
      variant: answer.variant,
      tags,
      fileBytes: bytes.length,
      filedEpochMs: clock.nowMs(),
    };
    if (!this.#index.put(entry)) return;
    this.#waitingBytes += bytes.length;
    this.#then(async () => {
      this.#waitingBytes -= bytes.length;
      if (this.#index.has(entry)) await this.#write(entry, bytes);
    });
  }

  /** How long the file is that an answer would take the place of. */
  filedBytes(address: string, answer: StoredAnswer): number {
    return this.#entryOf(address, answer)?.fileBytes ?? 0;
  }

  drop(address: string, answer: StoredAnswer): void {
    const entry = this.#entryOf(address, answer);
    if (entry !== undefined) this.#delete(entry);
  }

  #entryOf(address: string, answer: StoredAnswer): DiskEntry | undefined {
    const name = nameOf(address, answer);
    const entries = this.#index.targeted({ kind: 'address', address });
    return entries.find((entry) => entry.name === name);
  }

  /** Of what was filed until then; says how many. */
  purge(target: CacheTarget, isSoft: boolean, untilEpochMs: number): number {
    if (!this.#isOpen && this.#said.length <= MOST_SAID) {
      this.#said.push({ target, isSoft, untilEpochMs });
    }
    const found = this.#index
      .targeted(target)
      .filter(({ filedEpochMs }) => filedEpochMs <= untilEpochMs);
    for (const entry of found) {
      if (isSoft) this.#then(() => this.#markExpired(entry));
      else this.#delete(entry);
    }
    return found.length;
  }

  async #lookAtEach(waiting: IterableIterator<Dirent>): Promise<void> {
    for (const { name, parentPath } of waiting) {
      const path = join(parentPath, name);
      const head = await lookAt(path);
      if (head === null || name !== nameOf(head.address, head.answer)) {
        await rm(path, { force: true });
        continue;
      }
      const { address, tags, answer, fileBytes, receivedEpochMs } = head;
      const entry = { name, address, tags, variant: answer.variant, fileBytes };
      // What was filed anew meanwhile is newer.
      const known = this.#index.targeted({ kind: 'address', address });
      if (known.some((other) => other.name === name)) continue;
      this.#index.put({ ...entry, filedEpochMs: receivedEpochMs });
    }
  }

  async #load(entry: DiskEntry): Promise<StoredAnswer | null> {
    const { clock } = this.#options;
    const bytes = await readFile(this.#path(entry)).catch(() => null);
    // Purged, or filed anew, while it was read.
    if (!this.#index.has(entry)) return null;
    const filed = bytes === null ? null : decodeFile(bytes);
    if (filed === null || filed.address !== entry.address) {
      this.#delete(entry);
      return null;
    }
    const agoMs = Math.max(0, clock.nowMs() - filed.receivedEpochMs);
    return { ...filed.answer, receivedMs: clock.monotonicMs() - agoMs };
  }

  async #write(entry: DiskEntry, bytes: Buffer): Promise<void> {
    const { clock, log } = this.#options;
    const path = this.#path(entry);
    const temporary = `${path}.${randomUUID()}`;
    try {
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      // Nobody wants it any more.
      if (!this.#index.has(entry)) await rm(path, { force: true });
    } catch (error) {
      this.#index.delete(entry);
      this.#restsUntilMs = clock.monotonicMs() + REST_MS;
      await rm(temporary, { force: true }).catch(() => undefined);
      log.warn('The disk of the cache fails; it is let be for a minute', { error: String(error) });
    }
  }

  async #markExpired(entry: DiskEntry): Promise<void> {
    if (!this.#index.has(entry)) return;
    try {
      const file = await open(this.#path(entry), 'r+');
      try {
        await file.write(Buffer.from([1]), 0, 1, EXPIRED_AT);
      } finally {
        await file.close();
      }
    } catch {
      // What cannot be marked must not be used as if nobody had said anything.
      this.#delete(entry);
    }
  }

  #delete(entry: DiskEntry): void {
    this.#index.delete(entry);
    this.#remove(entry);
  }

  #remove(entry: DiskEntry): void {
    this.#then(async () => {
      const known = this.#index.targeted({ kind: 'address', address: entry.address });
      if (known.some(({ name }) => name === entry.name)) return;
      await rm(this.#path(entry), { force: true }).catch(() => undefined);
    });
  }

  /** All that was purged until now has been told. */
  #see(): void {
    const text = JSON.stringify({ epochMs: this.#options.clock.nowMs() });
    this.#then(() =>
      writeFileAtomically(join(this.#options.folder, SEEN), text).catch(() => undefined),
    );
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
  }

  #path({ name }: DiskEntry): string {
    return join(this.#options.folder, name.slice(0, 2), name);
  }
}

/** One file for each address and what its answer varies by. */
function nameOf(address: string, { variant }: Pick<StoredAnswer, 'variant'>): string {
  const hash = createHash('sha256').update(address);
  for (const { name, form } of variant) hash.update(`\n${name}\n${form}`);
  return hash.digest('hex').slice(0, 40);
}
