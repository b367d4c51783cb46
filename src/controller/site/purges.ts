import { randomUUID } from 'node:crypto';
import { PURGES_PREFIX } from '../../contract/keys.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import type { PurgeRequest } from '../api/site-control.ts';

export interface PurgesOptions {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Every worker has seen one by then; a worker that starts later begins with an empty cache. */
const KEPT_MS = 60_000;

/**
 * Tells all workers what of their caches is no longer to be used, and the journal who said so.
 * Resolves once it is in state, from where workers have it some 20 ms later.
 */
export async function purge(
  { state, journal, clock }: PurgesOptions,
  { what, isSoft, who, why }: PurgeRequest,
): Promise<void> {
  const nowMs = clock.nowMs();
  // Names sort by time, so the old ones are told by theirs.
  const name = `${String(nowMs).padStart(15, '0')}-${randomUUID()}`;
  await state.put(`${PURGES_PREFIX}${name}`, { what, isSoft });
  const subject = what.kind === 'path' ? what.path : what.kind === 'key' ? what.key : 'all';
  const data = { what, isSoft };
  await journal.append({ kind: 'cache.purged', subject, who, ...(why && { why }), data });
  for (const { key } of await state.list(PURGES_PREFIX)) {
    const madeMs = Number(key.slice(PURGES_PREFIX.length).split('-')[0]);
    if (nowMs - madeMs > KEPT_MS) await state.delete(key);
  }
}
