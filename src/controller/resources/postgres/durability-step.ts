import type { DurabilityRecord } from './durability-record.ts';

/** What is seen of a primary and its replicas at one moment. */
export interface DurabilitySight {
  /** Replicas that stream and have nothing to catch up with. */
  readonly streaming: readonly string[];
  /** Whom the primary waits for now. */
  readonly waitsFor: readonly string[];
  readonly nowMs: number;
}

export type DurabilityAction =
  | { readonly kind: 'none' }
  /** Redundancy is lost: commits wait for nobody any more. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'wait-for'; readonly quorum: readonly string[] }
  /** The primary waits although nothing says that it should: nobody may be promised anything. */
  | { readonly kind: 'release' };

/**
 * How long a replica may be away before commits go on without it: long enough for one that was
 * started again, short enough that a commit that waits for it succeeds within the two seconds that
 * a database has by default, and nobody who gives at that moment is told that the outcome is
 * unknown.
 */
export const graceMs = 1_500;

/** When each replica was last seen streaming; what a step needs to know of the past. */
export type LastSeen = ReadonlyMap<string, number>;

/**
 * What is to be done about the durability of commits. `wanted` is what the manifest says. A replica
 * counts from the moment it streams, and no more once it was away for the grace.
 */
export function durabilityStep(
  record: DurabilityRecord,
  wanted: 'sync' | 'async',
  sight: DurabilitySight,
  lastSeen: LastSeen,
): DurabilityAction {
  const { streaming, waitsFor, nowMs } = sight;
  const isAway = (replica: string): boolean =>
    !streaming.includes(replica) && nowMs - (lastSeen.get(replica) ?? 0) >= graceMs;
  if (wanted === 'async' || record.kind !== 'sync') {
    if (wanted === 'sync' && streaming.length > 0) {
      return { kind: 'wait-for', quorum: [...streaming].sort() };
    }
    const idle = wanted === 'async' || waitsFor.every(isAway);
    if (waitsFor.length > 0 && idle) return { kind: 'release' };
    return wanted === 'async' && record.kind !== 'async' ? { kind: 'release' } : { kind: 'none' };
  }
  if (record.quorum.every(isAway) && streaming.length === 0) return { kind: 'drop' };
  const staying = record.quorum.filter((replica) => !isAway(replica));
  const quorum = [...new Set([...staying, ...streaming])].sort();
  // While all that stay are merely away for a moment nobody could confirm a smaller quorum.
  if (streaming.length === 0) return { kind: 'none' };
  const same = (other: readonly string[]): boolean =>
    other.length === quorum.length && quorum.every((replica) => other.includes(replica));
  return same(record.quorum) && same(waitsFor) ? { kind: 'none' } : { kind: 'wait-for', quorum };
}
