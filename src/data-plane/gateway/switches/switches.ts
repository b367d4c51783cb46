import type { FlagsDocument, FlagsRecord, SetFlags } from '../../../contract/flags.ts';
import { flagsInForce, hasEnded } from '../../../derive/flags/flags-in-force.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import { evaluateSwitches } from './evaluate-switches.ts';
import type { FeatureSwitch, SwitchState } from './feature-switch.ts';

interface HeldSwitch extends FeatureSwitch {
  inForce: SwitchState | null;
  untilMs: number | null;
}

/** What a worker knows of the flags. */
export interface KnownFlags {
  /** What is written; null while nobody has told. */
  readonly written: FlagsRecord | null;
  readonly set: SetFlags;
}

export const noFlags: KnownFlags = { written: null, set: { flags: {} } };

const emptyDocument: FlagsDocument = { flags: {}, $evaluators: {} };
/** A longer wait is taken in several steps: timers cannot wait for ever. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * The switches of all features, worked out anew whenever a flag changes or what was set by hand
 * ends, and never for a request. They hold in this worker; every worker of a site is told the same.
 */
export class Switches {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #byFeature = new Map<string, HeldSwitch>();
  #known: KnownFlags = noFlags;
  #document: FlagsDocument = emptyDocument;
  #timer: Timer | null = null;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The switch of a feature, the same object for ever. */
  of(feature: string): FeatureSwitch {
    const there = this.#byFeature.get(feature);
    if (there !== undefined) return there;
    const made: HeldSwitch = { inForce: null, untilMs: null };
    this.#byFeature.set(feature, made);
    this.#put(feature, made, evaluateSwitches(this.#document, [feature]));
    return made;
  }

  get known(): KnownFlags {
    return this.#known;
  }

  /** All flags in force; another object after each change. */
  get document(): FlagsDocument {
    return this.#document;
  }

  use(known: KnownFlags): void {
    this.#known = known;
    this.#evaluate();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #evaluate(): void {
    const { written, set } = this.#known;
    const nowMs = this.#clock.nowMs();
    let document = emptyDocument;
    let states: ReadonlyMap<string, SwitchState>;
    try {
      if (written !== null) document = flagsInForce(written, set, nowMs);
      states = evaluateSwitches(document, this.#byFeature.keys());
    } catch (error) {
      // What is told is validated, so this is a newer Turnout's: those before stay in force.
      this.#log.error('The flags are refused, and those before stay in force', {
        error: String(error),
      });
      return;
    }
    this.#document = document;
    for (const [feature, held] of this.#byFeature) this.#put(feature, held, states);
    this.#evaluateAtNextEnd(nowMs);
  }

  #put(feature: string, held: HeldSwitch, states: ReadonlyMap<string, SwitchState>): void {
    held.inForce = states.get(feature) ?? null;
    const by = this.#known.set.flags[feature];
    held.untilMs = by === undefined || hasEnded(by, this.#clock.nowMs()) ? null : by.expiresMs;
  }

  #evaluateAtNextEnd(nowMs: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    const ends = Object.values(this.#known.set.flags).flatMap(({ expiresMs }) =>
      expiresMs !== null && expiresMs > nowMs ? [expiresMs] : [],
    );
    if (ends.length === 0) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.min(...ends) - nowMs);
    this.#timer = this.#clock.after(waitMs, () => this.#evaluate());
  }
}
