import type { SharesRecord, WorkerShare } from '../../../contract/shares.ts';

export interface ShareQuestion {
  readonly worker: string;
  /** Of the whole site. */
  readonly limit: number;
  readonly wants: number;
  /** What it has under way, and cannot give back before that is done. */
  readonly inFlight: number;
  readonly nowMs: number;
  readonly leaseMs: number;
}

/** The shares once this worker has its own; together they are never over the limit. */
export function settleShares(before: SharesRecord | null, question: ShareQuestion): SharesRecord {
  const { worker, limit, wants, inFlight, nowMs, leaseMs } = question;
  const shares = before?.shares ?? [];
  const others = shares.filter((one) => one.worker !== worker && one.untilMs > nowMs);
  const current = shares.find((one) => one.worker === worker)?.share ?? 0;
  const free = Math.max(0, limit - others.reduce((sum, one) => sum + one.share, 0));
  const target = fairShares(limit, [...others, { worker, wants }]).get(worker) ?? 0;
  // More is taken as far as it is free; less is given back as far as it is not under way.
  const wanted = target >= current ? target : Math.max(target, Math.min(current, inFlight));
  const own: WorkerShare = {
    worker,
    share: Math.min(wanted, free),
    wants,
    untilMs: nowMs + leaseMs,
  };
  return { shares: [...others, own].toSorted(byWorker) };
}

/**
 * Max-min fairness: nobody gets more than it wants before all have that or an equal part; what
 * nobody wants is parted equally, so that a worker that is about to be busy has some at hand.
 */
export function fairShares(
  limit: number,
  all: readonly Pick<WorkerShare, 'worker' | 'wants'>[],
): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  const modestFirst = all.toSorted((a, b) => a.wants - b.wants || byWorker(a, b));
  let left = limit;
  modestFirst.forEach(({ worker, wants }, index) => {
    const share = Math.min(wants, Math.floor(left / (all.length - index)));
    shares.set(worker, share);
    left -= share;
  });
  modestFirst.toReversed().forEach(({ worker }, index) => {
    const more = Math.ceil(left / (all.length - index));
    shares.set(worker, (shares.get(worker) ?? 0) + more);
    left -= more;
  });
  return shares;
}

function byWorker(a: Pick<WorkerShare, 'worker'>, b: Pick<WorkerShare, 'worker'>): number {
  return a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0;
}
