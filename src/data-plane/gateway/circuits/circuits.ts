import type { Policies } from '../../../derive/policies/policies.ts';
import { regionService } from '../ladder/region-service.ts';
import { Breaker, type BreakerState, type HeldPosition } from './breaker.ts';
import { defaultTripRule } from './trip-rule.ts';

/**
 * The breakers in front of what one route reaches. The service's counts only whether it was reached
 * at all; what came of a request that it got is counted for that feature, reads apart from writes,
 * so that what still works is not cut off with what does not.
 */
export interface RouteCircuits {
  readonly service: Breaker;
  readonly reads: Breaker;
  readonly writes: Breaker;
}

/** A breaker with the name that people know it by. */
export interface Circuit {
  /** `donations`, `donations.donate/reads`, `donations.donate/writes`. */
  readonly name: string;
  readonly breaker: Breaker;
}

/** Who wants to know that a circuit has changed; called within the request that changed it. */
export type OnCircuitChange = (circuit: string, state: BreakerState) => void;

/** All breakers of a worker: they live on when the configuration changes. */
export class Circuits {
  readonly #nowMs: () => number;
  readonly #onChange: OnCircuitChange;
  readonly #all = new Map<string, Circuit>();
  /** By hand, by the name that was given: of a circuit, or of a feature with both of its. */
  readonly #holds = new Map<string, HeldPosition>();

  constructor(nowMs: () => number, onChange: OnCircuitChange) {
    this.#nowMs = nowMs;
    this.#onChange = onChange;
  }

  /** Those of a feature, made where they are new. */
  of(service: string, feature: string): RouteCircuits {
    return {
      service: this.#get(service),
      reads: this.#get(`${feature}/reads`),
      writes: this.#get(`${feature}/writes`),
    };
  }

  /** Takes the rules of the configuration in force; forgets what has no route in it. */
  use({ services, features, regions = [] }: Policies, routed: ReadonlySet<string>): void {
    const rules = new Map(
      services.map(({ service, breaker = defaultTripRule }) => [service, breaker]),
    );
    for (const { region } of regions) rules.set(regionService(region), defaultTripRule);
    const own = new Map(features.map(({ feature, breaker }) => [feature, breaker ?? null]));
    for (const { name, breaker } of this.#all.values()) {
      const feature = name.split('/')[0] ?? name;
      const rule = own.get(feature) ?? rules.get(feature.split('.')[0] ?? feature);
      const isThere = rules.has(feature) || routed.has(feature);
      if (rule === undefined || !isThere) this.#all.delete(name);
      else breaker.rule = rule;
    }
  }

  /** Holds what has this name by hand, now or once it is there; null lets it go. */
  hold(name: string, position: HeldPosition | null): void {
    if (position === null) this.#holds.delete(name);
    else this.#holds.set(name, position);
    for (const circuit of this.#all.values()) this.#obey(circuit);
  }

  /** All that is held by hand. */
  holds(): Readonly<Record<string, HeldPosition>> {
    return Object.fromEntries(this.#holds);
  }

  /** Lets go what is held and not among `names`. */
  keepHolds(names: ReadonlySet<string>): void {
    for (const name of this.#holds.keys()) if (!names.has(name)) this.hold(name, null);
  }

  /** New instances stand for this service: what the old ones did says little of them. */
  reconsider(service: string): void {
    const nowMs = this.#nowMs();
    for (const { name, breaker } of this.#all.values()) {
      if (name === service || name.startsWith(`${service}.`)) breaker.reconsider(nowMs);
    }
  }

  list(): readonly Circuit[] {
    return [...this.#all.values()];
  }

  #get(name: string): Breaker {
    const found = this.#all.get(name);
    if (found !== undefined) return found.breaker;
    const breaker = new Breaker(defaultTripRule, this.#nowMs(), (state) =>
      this.#onChange(name, state),
    );
    const circuit = { name, breaker };
    this.#all.set(name, circuit);
    this.#obey(circuit);
    return breaker;
  }

  /** The more particular name is obeyed first. */
  #obey({ name, breaker }: Circuit): void {
    const feature = name.split('/')[0] ?? name;
    const position = this.#holds.get(name) ?? this.#holds.get(feature) ?? null;
    breaker.hold(position, this.#nowMs());
  }
}
