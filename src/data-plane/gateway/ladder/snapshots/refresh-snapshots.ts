import { type SnapshotRecord, SNAPSHOTS_PREFIX } from '../../../../contract/snapshots.ts';
import type { Log } from '../../../../lib/log.ts';
import type { TimerWheel } from '../../../../lib/timer-wheel.ts';
import type { Blobs } from '../../../../ports/blobs/port.ts';
import type { Clock, Timer } from '../../../../ports/clock/port.ts';
import type { Lease, State } from '../../../../ports/state/port.ts';
import type { Answer } from '../../../exchange.ts';
import { readShortBody } from '../read-short-body.ts';
import { judgeSnapshot } from './judge-snapshot.ts';
import { snapshotName, type SnapshotTarget } from './snapshot-targets.ts';

export interface RefreshParts {
  /** Which worker asks. */
  readonly id: string;
  readonly state: State;
  readonly blobs: Pick<Blobs, 'put'>;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly log: Log;
  readonly everyMs: number;
  /** Those of the configuration in force; null before there is one. */
  targets(): readonly SnapshotTarget[] | null;
  /** Asks the service as a client of nobody would; null where no route takes it. */
  ask(target: SnapshotTarget): Promise<Answer> | Answer | null;
}

const LEASE = 'snapshots';
const limits = { bytes: 1024 * 1024, ms: 10_000 };
/** How soon an address is asked again that has not given a good answer. */
const SOON_MS = 2_000;

/** When an address is asked again, and how long after that if nothing good came of it. */
interface Due {
  readonly atMs: number;
  readonly delayMs: number;
}

/**
 * Asks, every so often, for what `static` rungs stand in for, so that they have the newest good
 * answer to give. One worker does so for the whole site, under a lease; a worker that dies leaves
 * it to another. What is not good is never put in the place of what was.
 */
export class SnapshotRefresh {
  readonly #parts: RefreshParts;
  readonly #timer: Timer;
  #due = new Map<string, Due>();
  #lease: Lease | null = null;
  #isClosed = false;
  #running: Promise<void> | null = null;

  constructor(parts: RefreshParts) {
    this.#parts = parts;
    this.#timer = parts.clock.every(Math.min(SOON_MS, parts.everyMs), () => this.#begin());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    await this.#running;
    // Another worker need not wait until it runs out.
    await this.#lease?.release().catch(() => undefined);
  }

  #begin(): void {
    const targets = this.#parts.targets();
    // Before there is a configuration nothing is known, and nothing is forgotten.
    if (targets === null || this.#running !== null) return;
    if (targets.length === 0 && this.#lease === null) return;
    this.#running = this.#round(targets)
      .catch((error: unknown) => {
        this.#parts.log.warn('Snapshots were not renewed', { error: String(error) });
      })
      .finally(() => {
        this.#running = null;
      });
  }

  async #round(targets: readonly SnapshotTarget[]): Promise<void> {
    const { clock, everyMs } = this.#parts;
    const nowMs = clock.monotonicMs();
    const names = new Set(targets.map(snapshotName));
    const isSame = this.#due.size === names.size && [...names].every((name) => this.#due.has(name));
    const due = targets.filter(
      (target) => (this.#due.get(snapshotName(target))?.atMs ?? 0) <= nowMs,
    );
    if (isSame && due.length === 0) return;
    this.#lease = await holdLease(this.#parts, this.#lease);
    if (this.#lease === null) {
      // Another worker does it; this one looks again whether it still does.
      const later = { atMs: nowMs + everyMs, delayMs: SOON_MS };
      this.#due = new Map([...names].map((name) => [name, later]));
      return;
    }
    if (!isSame) await this.#forgetOthers(names);
    for (const target of due) {
      if (this.#isClosed) return;
      await this.#refresh(target, this.#lease);
    }
  }

  async #refresh(target: SnapshotTarget, lease: Lease): Promise<void> {
    const { clock, everyMs, log } = this.#parts;
    const { feature, path } = target;
    const name = snapshotName(target);
    const why = await refreshOne(target, lease, this.#parts).catch(String);
    const nowMs = clock.monotonicMs();
    if (why === null) {
      this.#due.set(name, { atMs: nowMs + everyMs, delayMs: SOON_MS });
      return;
    }
    const delayMs = Math.min(everyMs, this.#due.get(name)?.delayMs ?? SOON_MS);
    log.warn('An answer is no snapshot; the one before it stays', { feature, path, why });
    this.#due.set(name, { atMs: nowMs + delayMs, delayMs: 2 * delayMs });
  }

  /** Of features that are no more, or have another ladder. */
  async #forgetOthers(names: ReadonlySet<string>): Promise<void> {
    const { state } = this.#parts;
    for (const { key, revision } of await state.list(SNAPSHOTS_PREFIX)) {
      if (!names.has(key.slice(SNAPSHOTS_PREFIX.length))) await state.delete(key, revision);
    }
    this.#due = new Map([...this.#due].filter(([name]) => names.has(name)));
  }
}

async function holdLease(
  { id, state, everyMs }: RefreshParts,
  held: Lease | null,
): Promise<Lease | null> {
  const ttlMs = 3 * everyMs;
  if (held !== null && (await held.renew(ttlMs))) return held;
  return state.lease(LEASE, id, ttlMs);
}

/** Null where it is put down; else why it is not. */
async function refreshOne(
  target: SnapshotTarget,
  lease: Lease,
  { state, blobs, clock, wheel, ask }: RefreshParts,
): Promise<string | null> {
  const asked = ask(target);
  if (asked === null) return 'no route takes it';
  const answer = await asked;
  const body = await readShortBody(answer.body, limits, wheel);
  if (answer.failure !== undefined) return `it failed: ${answer.failure.cause}`;
  if (answer.problem !== undefined) return answer.problem;
  if (body === null) return 'it is too long, or broke off';
  const nowMs = clock.nowMs();
  const { feature, path, file } = target;
  const judged = judgeSnapshot(answer, body, file, nowMs);
  if (typeof judged === 'string') return judged;
  const key = `${SNAPSHOTS_PREFIX}${snapshotName(target)}`;
  const before = await state.get(key);
  const held = before?.value as SnapshotRecord | undefined;
  if (held !== undefined && held.fence > lease.fence) return 'another worker does it by now';
  const { headers } = judged;
  const record: SnapshotRecord = {
    feature,
    path,
    headers,
    body: await blobs.put(body),
    atMs: nowMs,
    fence: lease.fence,
  };
  const written = await state.compareAndSet(key, record, before?.revision ?? 0);
  return written.kind === 'written' ? null : 'it was changed meanwhile';
}

/** What was purged is let go of by state too, unless it was renewed since. */
export async function forgetPurged(
  names: readonly string[],
  saidEpochMs: number,
  state: Pick<State, 'get' | 'delete'>,
): Promise<void> {
  for (const name of names) {
    const key = `${SNAPSHOTS_PREFIX}${name}`;
    const entry = await state.get(key);
    if (entry === null || (entry.value as SnapshotRecord).atMs > saidEpochMs) continue;
    await state.delete(key, entry.revision);
  }
}
