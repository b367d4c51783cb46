/**
 * Blocks of 32-bit words inside one growing typed array: what a small object would be, without the
 * garbage collector ever seeing it. A freed block is used again for the next of its size.
 */
export class WordBlocks {
  words: Int32Array;
  #end: number;
  /** By size, the first free block; each free block's first word names the next. 0 is none. */
  readonly #free = new Map<number, number>();

  /** The first `reserved` words are nobody's, so that 0 can mean none. */
  constructor(reserved: number) {
    this.words = new Int32Array(Math.max(64, reserved));
    this.#end = reserved;
  }

  /** Where a block of `size` words begins; all of them are 0. */
  allocate(size: number): number {
    const free = this.#free.get(size) ?? 0;
    if (free !== 0) {
      this.#free.set(size, this.words[free] ?? 0);
      this.words.fill(0, free, free + size);
      return free;
    }
    const at = this.#end;
    this.#end += size;
    if (this.#end > this.words.length) this.#grow();
    return at;
  }

  release(at: number, size: number): void {
    this.words[at] = this.#free.get(size) ?? 0;
    this.#free.set(size, at);
  }

  #grow(): void {
    const larger = new Int32Array(Math.ceil(Math.max(this.#end, this.words.length * 1.5)));
    larger.set(this.words);
    this.words = larger;
  }
}
