/**
 * Most requests at a time, of one worker. Nobody waits in front of it: who finds it full is refused
 * at once, for a queue would only hide for a while that there is too much.
 */
export class Bulkhead {
  /** May change at any time; what is in flight already stays. */
  limit: number;
  inFlight = 0;
  /** The most at a time, and how many were refused, since they were last asked for. */
  #peak = 0;
  #refused = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** True, and one more in flight, where there is room. */
  enter(): boolean {
    if (this.inFlight >= this.limit) {
      this.#refused++;
      return false;
    }
    this.inFlight++;
    if (this.inFlight > this.#peak) this.#peak = this.inFlight;
    return true;
  }

  leave(): void {
    this.inFlight--;
  }

  /** How much room would have been used since this was last asked. */
  takeDemand(): number {
    const demand = this.#peak + this.#refused;
    this.#peak = this.inFlight;
    this.#refused = 0;
    return demand;
  }
}
