import type {
  DeadLetter,
  FeatureWriteStats,
  WriteStats,
  WriteStatus,
} from '../../ports/writes/port.ts';
import { diskUsageBytes } from './disk-usage.ts';
import type { QueueView } from './queue-view.ts';
import type { StoredEntry } from './stored-entry.ts';
import { readStoredWrite } from './stored-entry.ts';
import type { WriteRecord } from './write-record.ts';

/** Dead letters are read until their bodies come to this. */
const BODIES_LIMIT_BYTES = 16 * 1024 * 1024;

export function describeStatus(view: QueueView, id: string, nowMs: number): WriteStatus | null {
  const entry = view.queue.withId(id);
  if (entry === undefined) {
    const outcome = view.outcomes.get(id, nowMs);
    if (outcome === undefined) return null;
    const { feature, acceptedAtMs, atMs, how, answerBase64 } = outcome;
    if (how === 'discarded') return { feature, acceptedAtMs, kind: how, atMs };
    const answer = new Uint8Array(Buffer.from(answerBase64, 'base64'));
    return { feature, acceptedAtMs, kind: how, atMs, outcome: answer };
  }
  const { feature, acceptedAtMs, expiresAtMs, attempts, state } = entry;
  if (state.kind === 'dead') {
    return { feature, acceptedAtMs, kind: 'dead', atMs: state.atMs, reason: state.reason };
  }
  const isClaimed = state.kind === 'claimed' && state.untilMs > nowMs;
  const kind = isClaimed ? 'replaying' : 'queued';
  return { feature, acceptedAtMs, kind, attempts, expiresAtMs };
}

export function describeStats(
  view: QueueView,
  store: { readonly path: string; readonly limitBytes: number },
  nowMs: number,
): WriteStats {
  const features = new Map<string, { depth: number; oldestMs: number; deadLetters: number }>();
  const of = (feature: string): { depth: number; oldestMs: number; deadLetters: number } => {
    const known = features.get(feature);
    if (known !== undefined) return known;
    const fresh = { depth: 0, oldestMs: Number.POSITIVE_INFINITY, deadLetters: 0 };
    features.set(feature, fresh);
    return fresh;
  };
  for (const line of view.queue.lines) {
    if (line.head === undefined) continue;
    const stats = of(line.head.feature);
    stats.depth += line.size;
    stats.oldestMs = Math.min(stats.oldestMs, line.head.acceptedAtMs);
  }
  for (const entry of view.queue.deadLetters) of(entry.feature).deadLetters += 1;
  const ageMs = (oldestMs: number): number | null =>
    Number.isFinite(oldestMs) ? Math.max(0, nowMs - oldestMs) : null;
  return {
    depth: view.queue.depth,
    claimed: view.queue.claimed,
    oldestAgeMs: ageMs(Math.min(...[...features.values()].map((stats) => stats.oldestMs))),
    deadLetters: view.queue.deadLetters.size,
    bytes: diskUsageBytes(store.path),
    limitBytes: store.limitBytes,
    features: [...features].map(
      ([feature, { depth, oldestMs, deadLetters }]): FeatureWriteStats => ({
        feature,
        depth,
        oldestAgeMs: ageMs(oldestMs),
        deadLetters,
      }),
    ),
    damage: [...view.damage.values()],
  };
}

export function describeDeadLetters(
  view: QueueView,
  {
    id,
    feature,
    limit,
  }: { readonly id: string | null; readonly feature: string | null; readonly limit: number },
): readonly DeadLetter[] {
  const letters: DeadLetter[] = [];
  let bytes = 0;
  for (const entry of view.queue.deadLetters) {
    if (letters.length >= limit || bytes > BODIES_LIMIT_BYTES) break;
    if (id !== null && entry.id !== id) continue;
    if (feature !== null && entry.feature !== feature) continue;
    const letter = toDeadLetter(entry);
    if (letter === null) continue;
    letters.push(letter);
    bytes += letter.body.length;
  }
  return letters.sort((a, b) => a.diedAtMs - b.diedAtMs);
}

/** A dead letter as it was written, so that it can be written again. */
export function describeDeadLetter(view: QueueView, id: string): WriteRecord | null {
  const entry = view.queue.withId(id);
  return entry?.state.kind === 'dead' ? readStoredWrite(entry) : null;
}

function toDeadLetter(entry: StoredEntry): DeadLetter | null {
  if (entry.state.kind !== 'dead') return null;
  const { id, feature, key, acceptedAtMs, attempts } = entry;
  const { reason, atMs } = entry.state;
  // A body that cannot be read any more is shown as empty: the reason says so.
  const body = new Uint8Array(readStoredWrite(entry)?.body ?? []);
  return { id, feature, key, body, acceptedAtMs, attempts, reason, diedAtMs: atMs };
}
