/**
 * Counts against a write the failures that were its own: those after which its feature was seen
 * well all the same. What failed because the feature was down counts against nobody.
 */
export class Strikes {
  readonly #pending = new Set<string>();
  readonly #counts = new Map<string, number>();

  /** It failed while its feature seemed well; whose fault it was is not known yet. */
  suspect(id: string): void {
    this.#pending.add(id);
  }

  /** It failed by its own doing: its service answered, and not well. */
  strike(id: string): number {
    this.#pending.delete(id);
    const count = this.of(id) + 1;
    this.#counts.set(id, count);
    return count;
  }

  /** Another write succeeded: who failed before it did so by itself. */
  confirm(): void {
    for (const id of this.#pending) this.strike(id);
  }

  /** The feature is down: nobody's fault. */
  forgive(): void {
    this.#pending.clear();
  }

  of(id: string): number {
    return this.#counts.get(id) ?? 0;
  }

  /** It is settled. */
  forget(id: string): void {
    this.#pending.delete(id);
    this.#counts.delete(id);
  }
}
