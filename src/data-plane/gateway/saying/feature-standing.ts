import {
  type AnswerCounts,
  type FailureCounts,
  type FeatureStats,
  noStats,
} from '../../../contract/health-report.ts';
import { type RungName, rungNames } from '../../../contract/feature-health.ts';
import type { Answer } from '../../exchange.ts';
import type { AnswerFailure, FailureCause } from '../../failure.ts';
import { rungOf } from './health-texts.ts';
import { LATENCY_CLASSES, latencyClass } from '../../../contract/latency-classes.ts';
import { RollingCounts } from './rolling-counts.ts';

/** How far back counts for the rung in force: short, so that what begins shows at once. */
const IN_FORCE_S = 3;

const causes = [
  'unreached',
  'lost',
  'late',
  'malformed',
  'status',
  'open',
  'shed',
  'switched',
] as const satisfies readonly FailureCause[];

const indexOfCause: Readonly<Record<FailureCause, number>> = {
  unreached: 0,
  lost: 1,
  late: 2,
  malformed: 3,
  status: 4,
  open: 5,
  shed: 6,
  switched: 7,
};

/** The kinds that are counted: each rung, kept, refused, replayed, then causes, then latencies. */
const KEPT = rungNames.length;
const REFUSED = KEPT + 1;
const REPLAYED = REFUSED + 1;
const CAUSES = REPLAYED + 1;
const LATENCIES = CAUSES + causes.length;
const KINDS = LATENCIES + LATENCY_CLASSES;

const indexOfRung = new Map(rungNames.map((name, index) => [name, index]));

export interface Standing {
  readonly rung: RungName;
  /** On the clock that only grows. */
  readonly sinceMs: number;
  /** When the feature itself was last heard of, on the same clock; null where it never was. */
  readonly heardMs: number | null;
  /** Of the last failure while a rung has been in force; null where none is, or none was told. */
  readonly reason: AnswerFailure | null;
}

/**
 * How a feature stands by the answers that this worker gave: counted as they go out, in constant
 * time and with no allocation. A rung is in force where half or more of those of the last three
 * seconds came from it or a worse one. Who said nothing for so long stands as before, for nobody
 * knows better, but is well where its last word was good.
 */
export class FeatureStanding {
  /** Requests whose answers are being waited for. */
  inFlight = 0;
  readonly #counts: RollingCounts;
  #rung: RungName = 'full';
  #sinceMs: number;
  #heardMs: number | null = null;
  /** The rung of what was heard last, by itself. */
  #lastWord: RungName = 'full';
  #reason: AnswerFailure | null = null;

  constructor(nowMs: number) {
    this.#counts = new RollingCounts(KINDS, nowMs);
    this.#sinceMs = nowMs;
  }

  /** `tookMs` is null for an answer that was at hand at once. */
  count(answer: Answer, nowMs: number, tookMs: number | null): void {
    const counts = this.#counts;
    const { failure } = answer;
    if (tookMs !== null) counts.add(LATENCIES + latencyClass(tookMs), nowMs);
    if (failure !== undefined) {
      counts.add(CAUSES + indexOfCause[failure.cause], nowMs);
      this.#reason = failure;
    }
    if (answer.isKept === true) {
      counts.add(KEPT, nowMs);
      return;
    }
    const rung = rungOf(answer);
    this.#heardMs = nowMs;
    this.#lastWord = rung;
    if (rung !== 'full') counts.add(indexOfRung.get(rung) ?? 0, nowMs);
    else if (answer.status >= 400 && answer.status < 500) counts.add(REFUSED, nowMs);
    else counts.add(0, nowMs);
  }

  /** Its service took a write that had waited: it is there, though nobody was answered by it. */
  replayed(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#lastWord = 'full';
    this.#counts.add(REPLAYED, nowMs);
  }

  /** To be asked once a second or so: when it changes is seen only then. */
  standing(nowMs: number): Standing {
    const rung = this.#inForce(nowMs);
    if (rung !== this.#rung) {
      this.#rung = rung;
      this.#sinceMs = nowMs;
    }
    if (this.#rung === 'full') this.#reason = null;
    return {
      rung: this.#rung,
      sinceMs: this.#sinceMs,
      heardMs: this.#heardMs,
      reason: this.#reason,
    };
  }

  stats(nowMs: number): FeatureStats {
    if (this.#counts.isQuiet(nowMs)) return { ...noStats, inFlight: this.inFlight };
    const latency = Array.from({ length: LATENCY_CLASSES }, (_, index) =>
      this.#counts.sum(LATENCIES + index, nowMs),
    );
    const last = latency.findLastIndex((count) => count > 0);
    return {
      ...this.#answers(nowMs),
      failures: this.#failures(nowMs),
      inFlight: this.inFlight,
      latency: latency.slice(0, last + 1),
    };
  }

  #inForce(nowMs: number): RungName {
    if (this.#counts.isQuiet(nowMs, IN_FORCE_S)) return this.#unasked();
    const each = rungNames.map((_, index) => this.#counts.sum(index, nowMs, IN_FORCE_S));
    // Who sent nonsense was heard all the same: the feature is there.
    for (const kind of [REFUSED, REPLAYED]) {
      each[0] = (each[0] ?? 0) + this.#counts.sum(kind, nowMs, IN_FORCE_S);
    }
    const all = each.reduce((sum, count) => sum + count, 0);
    if (all === 0) return this.#unasked();
    let asBad = 0;
    for (let index = rungNames.length - 1; index > 0; index--) {
      asBad += each[index] ?? 0;
      // Of the worst half, the mildest that takes part in it.
      if (asBad * 2 >= all) return rungNames[index] ?? 'full';
    }
    return 'full';
  }

  /** Nobody has asked the feature itself for a while. */
  #unasked(): RungName {
    return this.#lastWord === 'full' ? 'full' : this.#rung;
  }

  #answers(nowMs: number): AnswerCounts {
    const of = (...rungs: readonly RungName[]): number =>
      rungs.reduce((sum, rung) => sum + this.#counts.sum(indexOfRung.get(rung) ?? 0, nowMs), 0);
    return {
      full: of('full'),
      kept: this.#counts.sum(KEPT, nowMs),
      stepped: of('region', 'stale', 'static', 'queue', 'redirect'),
      closed: of('read-only', 'closed'),
      failed: of('failed'),
      refused: this.#counts.sum(REFUSED, nowMs),
    };
  }

  #failures(nowMs: number): FailureCounts {
    const of = (cause: FailureCause): number =>
      this.#counts.sum(CAUSES + indexOfCause[cause], nowMs);
    return {
      unreached: of('unreached'),
      lost: of('lost'),
      late: of('late'),
      malformed: of('malformed'),
      status: of('status'),
      open: of('open'),
      shed: of('shed'),
      switched: of('switched'),
    };
  }
}
