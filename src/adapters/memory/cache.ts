import { ScanResistantMap } from '../../lib/scan-resistant-map.ts';
import type { Cache } from '../../ports/cache/port.ts';
import type { Clock } from '../../ports/clock/port.ts';

export interface MemoryCacheOptions {
  /** The most memory that entries take, keys and our own bookkeeping included. */
  readonly limitBytes: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly expiresAtMs: number;
}

/**
 * What an entry costs beside its key and bytes: the object, its place in a Map, the view of its
 * bytes.
 */
const ENTRY_OVERHEAD_BYTES = 256;

/** A cache in this process's memory that a scan cannot empty. */
export function createMemoryCache({ limitBytes, clock }: MemoryCacheOptions): Cache {
  const entries = new ScanResistantMap<Kept>(limitBytes);
  return {
    async get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      if (entry.expiresAtMs > clock.monotonicMs()) return entry.bytes;
      entries.delete(key);
      return null;
    },
    async set(key, bytes, ttlMs) {
      if (ttlMs <= 0) {
        entries.delete(key);
        return false;
      }
      // A copy: the caller's may be a view of something much larger, or change.
      const kept = { bytes: new Uint8Array(bytes), expiresAtMs: clock.monotonicMs() + ttlMs };
      return entries.set(key, kept, bytes.length + key.length + ENTRY_OVERHEAD_BYTES);
    },
    delete: async (key) => entries.delete(key),
    usage: async () => ({ entries: entries.size, bytes: entries.bytes, limitBytes }),
    close: async () => entries.clear(),
  };
}
