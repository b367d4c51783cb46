import type { FeaturePolicy } from '../../../derive/policies/policies.ts';

type Tier = FeaturePolicy['tier'];

/** 0 goes last, 2 goes first. */
export type Rank = 0 | 1 | 2;

export const ranks: Readonly<Record<Tier, Rank>> = { core: 0, important: 1, sheddable: 2 };
export const tiersByRank: readonly Tier[] = ['core', 'important', 'sheddable'];

/**
 * Divides the room before a service by tier. Core may take all of it; the others what is left when
 * room is kept for what those above them asked for lately, and for a few more. While those above
 * ask for nothing, nearly all is theirs, and all of it where nobody above them is served. Who is
 * above never is refused what is then given to one below. (Trunk reservation of telephone networks,
 * with reserves that follow the traffic: Key 1990.)
 */
export class TierRoom {
  readonly #inFlight: [number, number, number] = [0, 0, 0];
  /** What core, and core and important together, had and were refused at most, lately. */
  readonly #wanted: [number, number] = [0, 0];
  readonly #refused: [number, number] = [0, 0];
  /** Whether the service has features of the tier at all. */
  readonly #isServed: [boolean, boolean, boolean] = [false, false, false];
  #total = 0;
  #limit = Infinity;

  get inFlight(): number {
    return this.#total;
  }

  /** The service has features of these ranks and of no other: room is kept for nobody else. */
  serve(ranks: ReadonlySet<Rank>): void {
    for (const rank of [0, 1, 2] as const) this.#isServed[rank] = ranks.has(rank);
  }

  /** Whether one more of this rank fits into `room`. */
  fits(rank: Rank, room: number): boolean {
    const total = this.#total;
    if (rank === 0) return total < room;
    if (total >= Math.max(1, Math.floor(room * this.#share(rank)))) return false;
    const [core, important] = this.#inFlight;
    const forCore = this.#wanted[0] - core;
    const forBoth = rank === 2 ? this.#wanted[1] - core - important : 0;
    return total + Math.max(0, forCore, forBoth) < room;
  }

  begin(rank: Rank): void {
    this.#inFlight[rank]++;
    this.#total++;
    this.#want(rank);
  }

  end(rank: Rank): void {
    this.#inFlight[rank]--;
    this.#total--;
  }

  /** One of this rank was not let in: from now on there is to be room for it. */
  refuse(rank: Rank, limit: number): void {
    if (rank === 2) return;
    if (rank === 0) this.#refused[0]++;
    this.#refused[1]++;
    this.#want(rank);
    // More than all is of no use, and would only keep the others out for longer.
    this.#wanted[0] = Math.min(this.#wanted[0], MOST_WANTED * limit);
    this.#wanted[1] = Math.min(this.#wanted[1], MOST_WANTED * limit);
  }

  /**
   * Time has passed: what was wanted is forgotten by and by. Where the limit has come down, all
   * wait less and so are fewer at a time (Little 1961), those above too: what they had in a longer
   * queue would keep the others out while the service has nothing to do.
   */
  step(limit: number): void {
    const [core, important] = this.#inFlight;
    if (limit < this.#limit && this.#limit !== Infinity) {
      this.#wanted[0] *= limit / this.#limit;
      this.#wanted[1] *= limit / this.#limit;
    }
    this.#limit = limit;
    this.#refused[0] = 0;
    this.#refused[1] = 0;
    this.#wanted[0] = Math.max(core, this.#wanted[0] * FORGET);
    this.#wanted[1] = Math.max(core + important, this.#wanted[1] * FORGET);
  }

  /** Of the room, without what is kept for a burst of each tier above. */
  #share(rank: 1 | 2): number {
    const [core, important] = this.#isServed;
    return shares[rank === 2 && core && important ? 2 : core || (rank === 2 && important) ? 1 : 0];
  }

  #want(rank: Rank): void {
    if (rank === 2) return;
    const [core, important] = this.#inFlight;
    if (rank === 0) this.#wanted[0] = Math.max(this.#wanted[0], core + this.#refused[0]);
    this.#wanted[1] = Math.max(this.#wanted[1], core + important + this.#refused[1]);
  }
}

/** By how many tiers are served above. */
const shares = [1, 0.9, 0.8] as const;
/** Of the limit: less lets others in between two refusals, more keeps them out for too long. */
const MOST_WANTED = 1.5;
/** In each step, a quarter of a second. */
const FORGET = 0.97;
