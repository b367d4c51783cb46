import { randomUUID } from 'node:crypto';
import {
  PURGES_FORGOTTEN_KEY,
  PURGES_PREFIX,
  purgeEpochMs,
  purgeName,
  type ForgottenPurges,
} from '../../contract/keys.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import type { PurgeRequest } from '../api/site-control.ts';

export interface PurgesOptions {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * A worker that runs has seen one within moments; one that was away and kept answers on disk reads
 * here what it missed.
 */
const KEPT_MS = 3_600_000;
const MOST_KEPT = 10_000;
const FORGETS_EVERY_MS = 60_000;

/** Tells all workers what of their caches is no longer to be used, and the journal who said so. */
export class Purges {
  readonly #options: PurgesOptions;
  #forgotAtMs = 0;

  constructor(options: PurgesOptions) {
    this.#options = options;
  }

  /** Resolves once it is in state, from where workers have it some 20 ms later. */
  async purge({ what, isSoft, who, why }: PurgeRequest): Promise<void> {
    const { state, journal, clock } = this.#options;
    const nowMs = clock.nowMs();
    await state.put(`${PURGES_PREFIX}${purgeName(nowMs, randomUUID())}`, { what, isSoft });
    const subject = what.kind === 'path' ? what.path : what.kind === 'key' ? what.key : 'all';
    const data = { what, isSoft };
    await journal.append({ kind: 'cache.purged', subject, who, ...(why && { why }), data });
    if (nowMs - this.#forgotAtMs < FORGETS_EVERY_MS) return;
    this.#forgotAtMs = nowMs;
    await this.#forget(nowMs);
  }

  /** First it is said that they are forgotten, and then they are. */
  async #forget(nowMs: number): Promise<void> {
    const { state } = this.#options;
    const keys = (await state.list(PURGES_PREFIX)).map(({ key }) => key).toSorted();
    const old = keys.filter(
      (key, index) => nowMs - purgeEpochMs(key) > KEPT_MS || index < keys.length - MOST_KEPT,
    );
    const last = old.at(-1);
    if (last === undefined) return;
    const forgotten: ForgottenPurges = { untilEpochMs: purgeEpochMs(last) };
    await state.put(PURGES_FORGOTTEN_KEY, forgotten);
    for (const key of old) await state.delete(key);
  }
}
