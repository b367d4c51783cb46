import type { StatusNote } from '../contract/status.ts';
import type { Log } from '../lib/log.ts';
import type { Timer } from '../ports/clock/port.ts';
import type { SitePorts } from './embedded.ts';

const everyMs = 10_000;

export interface BlobRepair extends Timer {
  /** Which stores fail or lack something, for the status. */
  notes(): readonly StatusNote[];
}

/**
 * Makes the stores of the blobs alike, again and again: what one missed while it was away, and all
 * of it for one that is new. Nothing to do where there is one store.
 */
export function keepBlobsRepaired({ blobStores, clock }: SitePorts, log: Log): BlobRepair {
  if (blobStores === null) return { cancel: () => undefined, notes: () => [] };
  const since = new Map<string, number>();
  let unreachable: ReadonlySet<string> = new Set();
  let underWay = false;
  const repair = async (): Promise<void> => {
    if (underWay) return;
    underWay = true;
    try {
      const report = await blobStores.repair();
      unreachable = new Set(report.unreachable);
      if (report.copied > 0 || report.failed > 0) log.info('blobs repaired', { ...report });
    } catch (error) {
      log.warn('blobs not repaired', { reason: String(error) });
    } finally {
      underWay = false;
    }
  };
  void repair();
  const timer = clock.every(everyMs, () => void repair());
  return {
    cancel: () => timer.cancel(),
    notes: () =>
      blobStores.standing().flatMap(({ region, state, reason, missing }) => {
        if (state === 'up' && missing === 0 && !unreachable.has(region)) {
          since.delete(region);
          return [];
        }
        const sinceMs = since.get(region) ?? clock.nowMs();
        since.set(region, sinceMs);
        return [
          {
            severity: 'warning',
            code: 'blob-store-failing',
            about: region,
            message:
              `The blobs in ${region} are not whole: ${reason ?? 'it lacks some'}. ` +
              'What is published meanwhile is in one region only; reads come from the other.',
            remedy: 'Look at its disk or file system; what it lacks is copied once it answers.',
            since: new Date(sinceMs).toISOString(),
          },
        ];
      }),
  };
}
