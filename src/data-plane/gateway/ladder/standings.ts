import type { RungName } from '../../../contract/feature-health.ts';
import type { FailureCause } from '../../failure.ts';
import {
  answered,
  failed,
  type Hysteresis,
  mayProbe,
  probing,
  type Standing,
  unclear,
  well,
} from './hysteresis.ts';

/** Of a feature: reads and writes fail apart, as when a primary is lost and a replica reads on. */
export type RequestKind = 'reads' | 'writes';

/** A rung that answers for a feature, or has done so. */
export interface RungInForce {
  readonly feature: string;
  /** `stale`, `static`, `closed` … */
  readonly rung: RungName;
  /** What was lost; null where nobody knows. */
  readonly need: string | null;
  readonly cause: FailureCause;
  readonly requests: RequestKind;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Requests that it answered since then. */
  readonly served: number;
}

export interface RungListener {
  entered(rung: RungInForce): void;
  /** It is no longer needed, or no longer there. */
  left(rung: RungInForce, why: WhyLeft): void;
}

/** `silent`: nobody asked for so long that nobody can say whether it is needed still. */
export type WhyLeft = 'well' | 'silent' | 'changed';

interface Episode {
  readonly need: string | null;
  standing: Standing;
  cause: FailureCause;
  /** When anything was last heard of it. */
  heardMs: number;
  /** Those that answered since it began, in the order in which they were first taken. */
  readonly rungs: Map<RungName, { sinceMs: number; served: number }>;
}

function hasAnswered({ standing }: Episode): boolean {
  return standing.kind === 'well' || standing.good > 0;
}

export interface StandingParts {
  readonly terms: Hysteresis;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly listener: RungListener;
}

/**
 * How the reads, or the writes, of a feature stand towards each of its needs, and which rungs have
 * answered for them. In this worker alone.
 */
export class Standings {
  readonly #feature: string;
  readonly #requests: RequestKind;
  readonly #parts: StandingParts;
  /** Those that are down; bounded by the needs that the feature declares. */
  #episodes: readonly Episode[] = [];

  constructor(feature: string, requests: RequestKind, parts: StandingParts) {
    this.#feature = feature;
    this.#requests = requests;
    this.#parts = parts;
  }

  get areWell(): boolean {
    return this.#episodes.length === 0;
  }

  /**
   * The need for whose loss requests are held back, and why; null where there is none, or this
   * request is the one that may see how it stands. Only a need that its service reports lost holds
   * them back: an open breaker does so by itself, and nothing else is certain enough.
   */
  held(): { readonly need: string; readonly cause: FailureCause } | null {
    const nowMs = this.#parts.monotonicMs();
    for (const { need, cause, standing } of this.#episodes) {
      if (need !== null && !mayProbe(standing, nowMs)) return { need, cause };
    }
    return null;
  }

  /** A request is passed on that shows how the needs stand. */
  probing(): void {
    const nowMs = this.#parts.monotonicMs();
    for (const episode of this.#episodes) {
      if (episode.need === null) continue;
      episode.standing = probing(episode.standing, this.#parts.terms, nowMs);
    }
  }

  failed(need: string | null, cause: FailureCause): void {
    this.#unclearBut(need);
    const { terms, monotonicMs } = this.#parts;
    const found = this.#episodes.find((episode) => episode.need === need);
    const heardMs = monotonicMs();
    const standing = failed(found?.standing ?? well, terms, heardMs);
    if (found !== undefined) Object.assign(found, { standing, heardMs });
    else this.#episodes = [...this.#episodes, { need, cause, heardMs, standing, rungs: new Map() }];
  }

  answered(): void {
    if (this.areWell) return;
    const { terms, monotonicMs } = this.#parts;
    const heardMs = monotonicMs();
    for (const episode of this.#episodes) {
      Object.assign(episode, { heardMs, standing: answered(episode.standing, terms, heardMs) });
    }
    this.#leave(({ standing }) => standing.kind === 'well', 'well');
  }

  /**
   * Time has passed. A rung that nobody has needed for long is not in force, whatever a request
   * would find: that is heard when one comes.
   */
  settle(): void {
    if (this.areWell) return;
    const { terms, monotonicMs } = this.#parts;
    const silentSinceMs = monotonicMs() - terms.silentMs;
    const isSilent = ({ heardMs }: Episode): boolean => heardMs <= silentSinceMs;
    // What was heard last was good: too few for a busy feature, all there is of a quiet one.
    this.#leave((each) => isSilent(each) && hasAnswered(each), 'well');
    this.#leave(isSilent, 'silent');
  }

  /** What came says nothing of how the feature stands: the client went away, for one. */
  unclear(): void {
    this.#unclearBut(undefined);
  }

  /** A rung answered in place of an answer that failed so. */
  served(rung: RungName, need: string | null, cause: FailureCause): void {
    // Turned away before it was tried: nothing was heard of the service.
    const episode = this.#episodes.find((each) => each.need === need);
    if (episode === undefined) return;
    episode.heardMs = this.#parts.monotonicMs();
    const before = episode.rungs.get(rung);
    if (before !== undefined) {
      before.served++;
      return;
    }
    const sinceMs = this.#parts.nowMs();
    if (episode.rungs.size === 0) episode.cause = cause;
    episode.rungs.set(rung, { sinceMs, served: 1 });
    const { rungs } = episode;
    const [entered] = this.#rungsOf({ ...episode, rungs: new Map([...rungs].slice(-1)) });
    if (entered !== undefined) this.#parts.listener.entered(entered);
  }

  inForce(): readonly RungInForce[] {
    return this.#episodes.flatMap((episode) => this.#rungsOf(episode));
  }

  /** The ladder is another one now: whatever was in force is so no longer. */
  end(): void {
    this.#leave(() => true, 'changed');
  }

  #leave(isOver: (episode: Episode) => boolean, why: WhyLeft): void {
    const over = this.#episodes.filter(isOver);
    if (over.length === 0) return;
    this.#episodes = this.#episodes.filter((episode) => !over.includes(episode));
    for (const rung of over.flatMap((episode) => this.#rungsOf(episode))) {
      this.#parts.listener.left(rung, why);
    }
  }

  #unclearBut(need: string | null | undefined): void {
    const { terms, monotonicMs } = this.#parts;
    if (this.#episodes.length === 0) return;
    const nowMs = monotonicMs();
    for (const episode of this.#episodes) {
      if (episode.need !== need) episode.standing = unclear(episode.standing, terms, nowMs);
    }
  }

  #rungsOf({ need, cause, rungs }: Episode): readonly RungInForce[] {
    const requests = this.#requests;
    return [...rungs].map(([rung, { sinceMs, served }]) => ({
      feature: this.#feature,
      rung,
      need,
      cause,
      requests,
      sinceMs,
      served,
    }));
  }
}
