import { ScanResistantMap } from '../../../../lib/scan-resistant-map.ts';
import { isTargeted, type CacheTarget } from '../address.ts';
import { matchesVariant, type Variant } from '../stored-answer.ts';

/** One answer on disk. */
export interface DiskEntry {
  /** The name of its file. */
  readonly name: string;
  readonly address: string;
  readonly variant: Variant;
  readonly tags: readonly string[];
  readonly fileBytes: number;
  /** When it was filed, by the clock of the day, for purges that were said before or after. */
  readonly filedEpochMs: number;
}

/** What an entry takes of the disk beside its bytes: a block that is half full, and an inode. */
const FILE_OVERHEAD_BYTES = 2_560;

/** What lies on disk, in memory: some 600 bytes for each answer. */
export class DiskIndex {
  readonly #entries: ScanResistantMap<DiskEntry>;
  readonly #addresses = new Map<string, DiskEntry[]>();

  /** `onGone` is told of each that had to make room. */
  constructor(limitBytes: number, onGone: (entry: DiskEntry) => void) {
    this.#entries = new ScanResistantMap<DiskEntry>(limitBytes, (_, entry) => {
      this.#unlink(entry);
      onGone(entry);
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.bytes;
  }

  has(entry: DiskEntry): boolean {
    return this.#addresses.get(entry.address)?.includes(entry) ?? false;
  }

  /** In place of the one of the same name; false where it is longer than all may be. */
  put(entry: DiskEntry): boolean {
    const old = this.#addresses.get(entry.address)?.find(({ name }) => name === entry.name);
    if (old !== undefined) this.#unlink(old);
    if (!this.#entries.set(entry.name, entry, entry.fileBytes + FILE_OVERHEAD_BYTES)) return false;
    const variants = this.#addresses.get(entry.address);
    if (variants === undefined) this.#addresses.set(entry.address, [entry]);
    else variants.push(entry);
    return true;
  }

  /** The one that a request selects: of several the last that came. */
  find(address: string, requestHeaders: readonly string[]): DiskEntry | null {
    const entry = this.#addresses
      .get(address)
      ?.findLast(({ variant }) => matchesVariant(variant, requestHeaders));
    if (entry !== undefined) this.#entries.get(entry.name);
    return entry ?? null;
  }

  delete(entry: DiskEntry): void {
    if (!this.has(entry)) return;
    this.#unlink(entry);
    this.#entries.delete(entry.name);
  }

  /** A look at every address, unless one is named. */
  targeted(target: CacheTarget): readonly DiskEntry[] {
    if (target.kind === 'address') return this.#addresses.get(target.address)?.slice() ?? [];
    const found: DiskEntry[] = [];
    for (const [address, entries] of this.#addresses) {
      if (!isTargeted(target, address)) continue;
      if (target.kind !== 'key') found.push(...entries);
      else found.push(...entries.filter(({ tags }) => tags.includes(target.key)));
    }
    return found;
  }

  #unlink(entry: DiskEntry): void {
    const entries = this.#addresses.get(entry.address);
    const at = entries?.indexOf(entry) ?? -1;
    if (entries === undefined || at === -1) return;
    entries.splice(at, 1);
    if (entries.length === 0) this.#addresses.delete(entry.address);
  }
}
