import type { ServiceLoadStats } from '../../../contract/shed-reports.ts';
import type { FeaturePolicy } from '../../../derive/policies/policies.ts';
import { FeatureLatency } from './feature-latency.ts';
import { ConcurrencyLimit } from './limit.ts';
import { type Rank, ranks, TierRoom, tiersByRank } from './tier-room.ts';

/**
 * What requests before one service come to, in this worker; lives on when it is configured anew.
 */
export class ServiceLoad {
  readonly limit: ConcurrencyLimit;
  readonly room = new TierRoom();
  readonly #features = new Map<string, FeatureLoad>();

  constructor(nowMs: number) {
    this.limit = new ConcurrencyLimit(nowMs);
  }

  /** That of a feature; begun anew where its tier has changed. */
  feature({ feature, tier }: Pick<FeaturePolicy, 'feature' | 'tier'>, deadlineMs: number) {
    let found = this.#features.get(feature);
    if (found === undefined || found.rank !== ranks[tier]) {
      found = new FeatureLoad(this, feature, ranks[tier], deadlineMs);
      this.#features.set(feature, found);
      this.#serve();
    }
    found.latency.deadlineMs = deadlineMs;
    return found;
  }

  /** Forgets what no route has any more. */
  keepOnly(features: ReadonlySet<string>): void {
    for (const name of this.#features.keys()) if (!features.has(name)) this.#features.delete(name);
    this.#serve();
  }

  #serve(): void {
    this.room.serve(new Set([...this.#features.values()].map(({ rank }) => rank)));
  }

  /** Learns from what came lately; called four times a second. */
  step(nowMs: number, epochMs: number): void {
    const verdict = this.limit.step(nowMs, epochMs, this.room.inFlight);
    this.room.step(this.limit.limit);
    for (const load of this.#features.values()) load.step(nowMs, epochMs);
    if (verdict !== null) this.#learn(holds[verdict]);
  }

  #learn(how: (typeof holds)[keyof typeof holds]): void {
    const all = [...this.#features.values()].map(({ latency }) => latency);
    const slower = Math.max(1, ...all.map((latency) => latency.step(how)));
    // Those that were not let in meanwhile are held to be slower too, until they prove quicker.
    if (how === 'it-is-slower') for (const latency of all) latency.isSlower(slower);
  }

  /**
   * Goes halfway to what other workers hold of the same service. They share what it can do, and of
   * two that only differ a little in what they tolerate one would end up with nearly all of it.
   */
  agree(others: readonly ServiceLoadStats[]): void {
    this.limit.agree(others.flatMap(({ limit }) => (limit === null ? [] : [limit])));
    const features = others.flatMap((other) => other.features);
    for (const [name, { latency }] of this.#features) {
      const told = features.filter(({ feature }) => feature === name);
      latency.agree(told.flatMap(({ baselineMs }) => (baselineMs === null ? [] : [baselineMs])));
    }
  }

  stats(service: string): ServiceLoadStats {
    return {
      service,
      limit: Number.isFinite(this.limit.limit) ? this.limit.limit : null,
      inFlight: this.room.inFlight,
      features: [...this.#features.values()].map((load) => load.stats()),
    };
  }
}

const holds = {
  quiet: 'no-waiting',
  busy: 'waiting',
  probed: 'waiting',
  inherent: 'it-is-slower',
} as const;

/** The same of one feature. */
export class FeatureLoad {
  readonly of: ServiceLoad;
  readonly rank: Rank;
  readonly latency: FeatureLatency;
  readonly #feature: string;
  /** Requests turned away since it began. */
  shed = 0;
  #shedBefore = 0;
  #lastShedMs = 0;
  #sinceMs: number | null = null;

  constructor(of: ServiceLoad, feature: string, rank: Rank, deadlineMs: number) {
    this.of = of;
    this.rank = rank;
    this.latency = new FeatureLatency(deadlineMs);
    this.#feature = feature;
  }

  /** Requests turned away with short pauses between are one time of shedding. */
  step(nowMs: number, epochMs: number): void {
    if (this.shed !== this.#shedBefore) {
      this.#shedBefore = this.shed;
      this.#lastShedMs = nowMs;
      this.#sinceMs ??= epochMs;
    } else if (this.#sinceMs !== null && nowMs - this.#lastShedMs >= CALM_MS) {
      this.#sinceMs = null;
    }
  }

  stats(): ServiceLoadStats['features'][number] {
    return {
      feature: this.#feature,
      tier: tiersByRank[this.rank] ?? 'important',
      shed: this.shed,
      sinceMs: this.#sinceMs,
      baselineMs: this.latency.baselineMs,
    };
  }
}

/** Without anybody turned away: then it has ended. */
const CALM_MS = 10_000;
