/** A set of sequence numbers, kept as ranges since nearly all of them lie side by side. */
export class SeqRanges {
  /** `[first, last]`, ascending, with a gap before each. */
  readonly #ranges: [number, number][] = [];

  static from(ranges: readonly (readonly [number, number])[]): SeqRanges {
    const set = new SeqRanges();
    for (const [first, last] of ranges) set.#ranges.push([first, last]);
    return set;
  }

  has(seq: number): boolean {
    const range = this.#ranges[this.#indexBefore(seq)];
    return range !== undefined && seq <= range[1];
  }

  add(seq: number): void {
    const index = this.#indexBefore(seq);
    const before = this.#ranges[index];
    if (before !== undefined && seq <= before[1]) return;
    const after = this.#ranges[index + 1];
    const joinsBefore = before !== undefined && before[1] === seq - 1;
    const joinsAfter = after !== undefined && after[0] === seq + 1;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#ranges.splice(index + 1, 1);
    } else if (joinsBefore) before[1] = seq;
    else if (joinsAfter) after[0] = seq;
    else this.#ranges.splice(index + 1, 0, [seq, seq]);
  }

  toJson(): readonly (readonly [number, number])[] {
    return this.#ranges;
  }

  /** Index of the last range that begins at or before `seq`; -1 when there is none. */
  #indexBefore(seq: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[0] ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
