import { ScanResistantMap } from '../../../lib/scan-resistant-map.ts';
import { isTargeted, type CacheTarget } from './address.ts';
import { AddressMap } from './address-map.ts';
import type { DiskTier } from './disk/disk-tier.ts';
import { joined } from './flat-headers.ts';
import { matchesVariant, type StoredAnswer } from './stored-answer.ts';

/** Variants of one address; more would let a client fill the store with made-up headers. */
const MOST_VARIANTS = 32;
/** What an entry takes of the heap beside its bytes, as counted: objects, links, places in maps. */
const ENTRY_OVERHEAD_BYTES = 1_300;
/** What would be over sooner is not worth the disk. */
const WORTH_FILING_MS = 10_000;
/** Keys of one answer that it can be purged by; what comes after them does not count. */
const MOST_TAGS = 64;

interface Kept {
  readonly address: string;
  readonly id: string;
  readonly answer: StoredAnswer;
  readonly tags: readonly string[];
}

/**
 * Stored answers by address, each address with its variants, bounded by bytes; what is put here is
 * put on disk too, where there is one. A purge by address
 * costs what that address holds, by key what the key holds, and by path a look at every address.
 */
export class AnswerStore {
  readonly #kept: ScanResistantMap<Kept>;
  readonly #addresses = new AddressMap<Kept[]>();
  readonly #tags = new Map<string, Set<Kept>>();
  readonly #disk: DiskTier | null;
  #lastId = 0;

  constructor(limitBytes: number, disk: DiskTier | null) {
    this.#disk = disk;
    this.#kept = new ScanResistantMap<Kept>(limitBytes, (_, kept) => this.#unlink(kept));
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The answer that a request selects: the one of those that came last, where several do. */
  find(address: string, requestHeaders: readonly string[]): StoredAnswer | null {
    return this.#selected(this.#addresses.get(address), requestHeaders);
  }

  /** The same, where the address need not be written for it. */
  findAt(origin: string, target: string, requestHeaders: readonly string[]): StoredAnswer | null {
    return this.#selected(this.#addresses.find(origin, target), requestHeaders);
  }

  /** What lies on disk for it: null where nothing does, and else a promise of what is found. */
  findOnDisk(address: string, headers: readonly string[]): Promise<StoredAnswer | null> | null {
    return this.#disk?.find(address, headers) ?? null;
  }

  /** Any answer of that address: what others varied by, this one will too. */
  any(address: string): StoredAnswer | null {
    return this.#addresses.get(address)?.at(-1)?.answer ?? null;
  }

  put(address: string, requestHeaders: readonly string[], answer: StoredAnswer): void {
    this.keep(address, requestHeaders, answer);
    this.file(address, answer);
  }

  /**
   * A part, or what it became. It is filed anew only when it has doubled: a client that reads piece
   * by piece would make as many writes, each longer. What lies on disk meanwhile is less of the
   * same.
   */
  putPart(
    address: string,
    requestHeaders: readonly string[],
    answer: StoredAnswer,
    isGrown: boolean,
  ): void {
    this.keep(address, requestHeaders, answer);
    if (!isGrown) this.#disk?.drop(address, answer);
    const filedBytes = this.#disk?.filedBytes(address, answer) ?? 0;
    if (answer.part === null || answer.body.length >= 2 * filedBytes) this.file(address, answer);
  }

  /** On disk as it is now; that it was freshened is worth knowing after a restart too. */
  file(address: string, answer: StoredAnswer): void {
    const { lifetimeMs, whileRevalidateMs, ifErrorMs } = answer.freshness;
    const worthMs = lifetimeMs + Math.max(whileRevalidateMs, ifErrorMs);
    if (worthMs >= WORTH_FILING_MS) this.#disk?.put(address, answer, tagsOf(answer.headers));
  }

  /** In memory, in place of those that the same request would select. */
  keep(address: string, requestHeaders: readonly string[], answer: StoredAnswer): void {
    for (const kept of this.#addresses.get(address)?.slice() ?? []) {
      if (matchesVariant(kept.answer.variant, requestHeaders)) this.#remove(kept);
    }
    const id = `${address}\n${++this.#lastId}`;
    const kept: Kept = { address, id, answer, tags: tagsOf(answer.headers) };
    const costBytes = answer.body.length + textBytes(answer.headers) + 3 * address.length;
    if (!this.#kept.set(id, kept, costBytes + ENTRY_OVERHEAD_BYTES)) return;
    const variants = this.#addresses.get(address);
    if (variants === undefined) this.#addresses.set(address, [kept]);
    else {
      variants.push(kept);
      if (variants.length > MOST_VARIANTS) this.#remove(variants[0] as Kept);
    }
    for (const tag of kept.tags) {
      const tagged = this.#tags.get(tag);
      if (tagged === undefined) this.#tags.set(tag, new Set([kept]));
      else tagged.add(kept);
    }
  }

  drop(address: string, answer: StoredAnswer): void {
    this.#disk?.drop(address, answer);
    const kept = this.#addresses.get(address)?.find((each) => each.answer === answer);
    if (kept !== undefined) this.#remove(kept);
  }

  /**
   * Takes them out, or softly marks them as expired; of the disk what was filed until then. Says
   * how many.
   */
  purge(target: CacheTarget, isSoft: boolean, untilEpochMs: number): number {
    const onDisk = this.#disk?.purge(target, isSoft, untilEpochMs) ?? 0;
    const found = this.#targeted(target);
    for (const kept of found) {
      if (isSoft) kept.answer.isExpired = true;
      else this.#remove(kept);
    }
    return Math.max(found.length, onDisk);
  }

  #selected(
    variants: readonly Kept[] | undefined,
    requestHeaders: readonly string[],
  ): StoredAnswer | null {
    if (variants === undefined) return null;
    for (let index = variants.length - 1; index >= 0; index--) {
      const kept = variants[index] as Kept;
      if (!matchesVariant(kept.answer.variant, requestHeaders)) continue;
      this.#kept.get(kept.id);
      return kept.answer;
    }
    return null;
  }

  #targeted(target: CacheTarget): readonly Kept[] {
    switch (target.kind) {
      case 'address':
        return this.#addresses.get(target.address)?.slice() ?? [];
      case 'key':
        return [...(this.#tags.get(target.key) ?? [])];
      case 'path':
      case 'all': {
        const found: Kept[] = [];
        for (const [address, variants] of this.#addresses) {
          if (isTargeted(target, address)) found.push(...variants);
        }
        return found;
      }
    }
  }

  #remove(kept: Kept): void {
    this.#kept.delete(kept.id);
    this.#unlink(kept);
  }

  #unlink(kept: Kept): void {
    const variants = this.#addresses.get(kept.address);
    if (variants !== undefined) {
      const index = variants.indexOf(kept);
      if (index !== -1) variants.splice(index, 1);
      if (variants.length === 0) this.#addresses.delete(kept.address);
    }
    for (const tag of kept.tags) {
      const tagged = this.#tags.get(tag);
      tagged?.delete(kept);
      if (tagged?.size === 0) this.#tags.delete(tag);
    }
  }
}

function tagsOf(headers: readonly string[]): readonly string[] {
  const text = joined(headers, 'surrogate-key');
  if (text === undefined) return [];
  return [...new Set(text.split(/[\s,]+/))].filter((tag) => tag !== '').slice(0, MOST_TAGS);
}

function textBytes(headers: readonly string[]): number {
  return headers.reduce((sum, text) => sum + text.length, 0);
}
