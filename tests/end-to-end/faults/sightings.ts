import type { SeenRung } from './rungs.ts';

export interface Sighting {
  readonly feature: string;
  readonly rung: SeenRung;
  /** When it was asked and when it was answered, by the monotonic clock. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** For people: what was answered where it was neither the service nor a rung. */
  readonly said: string;
}

/** Everything that visitors saw, in order. */
export class Sightings {
  readonly all: Sighting[] = [];

  add(sighting: Sighting): void {
    this.all.push(sighting);
  }

  /** By when they were answered: who had asked when a fault came belongs to that fault. */
  of(feature: string, sinceMs: number, untilMs = Number.POSITIVE_INFINITY): readonly Sighting[] {
    return this.all.filter(
      (seen) => seen.feature === feature && seen.answeredMs >= sinceMs && seen.answeredMs < untilMs,
    );
  }

  /** The last so many of a feature, all of them asked since; fewer where there are not as many. */
  last(feature: string, most: number, sinceMs: number): readonly Sighting[] {
    return this.all
      .filter((seen) => seen.feature === feature && seen.askedMs >= sinceMs)
      .slice(-most);
  }
}
