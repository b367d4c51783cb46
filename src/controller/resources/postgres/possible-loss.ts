import { walDistance } from './wal-position.ts';
import type { DurabilityRecord } from './durability-record.ts';

/** Where the primary's log ended when that was asked at `atMs`: later at no acknowledged commit. */
export interface PositionSample {
  /** Milliseconds since the epoch, before the question was sent. */
  readonly atMs: number;
  readonly lsn: string;
}

export interface LossQuestion {
  readonly durability: DurabilityRecord;
  /** How far each replica has the log, on disk; null for one that cannot be asked. */
  readonly received: ReadonlyMap<string, string | null>;
  /** The one that would take over. */
  readonly chosen: string;
  /** Of the primary, oldest first. */
  readonly samples: readonly PositionSample[];
  /** The end of the primary's log, where it was shut down in order. */
  readonly shutDownAt: string | null;
}

/** What going on with a replica costs, of what was acknowledged. */
export type PossibleLoss =
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'some';
      /** Everything acknowledged before is there; null when no such moment is known. */
      readonly sinceMs: number | null;
      /** How far the one that takes over has the log. */
      readonly lsn: string;
      /** How much further the primary was when it was last seen; it may have gone on since. */
      readonly seenBytes: number | null;
      readonly why: string;
    };

/** One that was chosen to take over and given up, and that may have taken writes before. */
export interface PerhapsOpened {
  readonly member: string;
  /** It took none before; null when that is not known. */
  readonly since: string | null;
}

/**
 * A bound that is confirmed, and no guess: `none` only where every place that could hold more was
 * asked, or where the primary's own last word says that there is no more.
 */
export function possibleLoss(question: LossQuestion): PossibleLoss {
  const { durability, received, chosen, samples, shutDownAt } = question;
  const lsn = received.get(chosen) ?? '0/0';
  if (shutDownAt !== null && walDistance(shutDownAt, lsn) > 0) {
    return { kind: 'none', why: `the primary was shut down in order, and ${chosen} has all of it` };
  }
  let why = 'commits do not wait for a replica (durability: async)';
  if (durability.kind === 'sync') {
    const others = durability.quorum.filter((member) => member !== chosen);
    const unasked = others.filter((member) => (received.get(member) ?? null) === null);
    const ahead = others.filter(
      (member) => walDistance(lsn, received.get(member) ?? '0/0') > 0 && !unasked.includes(member),
    );
    if (durability.quorum.includes(chosen) && unasked.length === 0 && ahead.length === 0) {
      return {
        kind: 'none',
        why: `every acknowledged commit was on a replica, and ${chosen} has the most`,
      };
    }
    why =
      ahead.length > 0
        ? `${ahead.join(', ')} has more than ${chosen}`
        : `${unasked.join(', ') || chosen} cannot be asked, and commits were acknowledged on its word`;
  } else if (durability.kind === 'dropped') {
    why = `redundancy was lost at ${durability.at}`;
  } else if (durability.kind === 'pending') {
    why = 'no replica has caught up yet';
  }
  return {
    kind: 'some',
    sinceMs: confirmedUntil(question, lsn),
    lsn,
    seenBytes: ahead(samples, lsn),
    why,
  };
}

/** The loss, with what members may have acknowledged that were chosen before and given up. */
export function withPerhapsOpened(
  loss: PossibleLoss,
  perhapsOpened: readonly PerhapsOpened[],
  lsn: string,
): PossibleLoss {
  if (perhapsOpened.length === 0) return loss;
  const names = perhapsOpened.map(({ member }) => member).join(', ');
  const before = loss.kind === 'some' ? loss : null;
  const moments = perhapsOpened.map(({ since }) => (since === null ? null : Date.parse(since)));
  if (before !== null) moments.push(before.sinceMs);
  const known = moments.filter((moment) => moment !== null);
  return {
    kind: 'some',
    sinceMs: known.length === moments.length ? Math.min(...known) : null,
    lsn,
    seenBytes: before?.seenBytes ?? null,
    why: `${names} may have taken writes${before === null ? '' : `, and ${before.why}`}`,
  };
}

/**
 * The latest moment of which it is certain that all acknowledged before is in the log up to `lsn`.
 */
function confirmedUntil({ durability, samples }: LossQuestion, lsn: string): number | null {
  const sampled = samples.findLast((sample) => walDistance(sample.lsn, lsn) >= 0)?.atMs ?? null;
  const dropped =
    durability.kind === 'dropped' && walDistance(durability.lsn, lsn) >= 0
      ? Date.parse(durability.at)
      : null;
  return sampled === null || dropped === null ? (sampled ?? dropped) : Math.max(sampled, dropped);
}

function ahead(samples: readonly PositionSample[], lsn: string): number | null {
  const last = samples.at(-1);
  return last === undefined ? null : Math.max(0, walDistance(lsn, last.lsn));
}

/** The loss in one sentence that an operator can decide on. */
export function describeLoss(loss: PossibleLoss): string {
  if (loss.kind === 'none') return `Nothing that was acknowledged is lost: ${loss.why}.`;
  const since =
    loss.sinceMs === null
      ? 'Acknowledged writes may be lost, and nobody can say since when'
      : `What was acknowledged after ${new Date(loss.sinceMs).toISOString()} may be lost`;
  const bytes =
    loss.seenBytes === null
      ? ''
      : `; the primary was last seen ${loss.seenBytes} bytes of log ahead of ${loss.lsn}`;
  return `${since}, for ${loss.why}${bytes}.`;
}
