import { prefixMask } from './address.ts';
import { WordBlocks } from './word-blocks.ts';

/** Where in a node's block its parts begin; `size` is all of it. */
interface NodeLayout {
  readonly ways: number;
  readonly ranks: number;
  readonly links: number;
  readonly items: number;
  readonly partials: number;
  readonly covered: number;
  readonly prefix: number;
  readonly size: number;
}

const BITMAP = 8;
/** How many links a block of them may have room for. */
const ROOMS = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/**
 * The nodes and leaves of a PrefixTrie as blocks of words.
 *
 * A node: its depth in bytes; a bit for each way with a link, and counts of those before each word
 * of them; where its links are; how many links (low half) and own prefixes (high half); where its
 * short own prefixes are; a bit for each way that a prefix of its own covers; the bytes that lead
 * to it. Own prefixes end in its byte: those of eight bits are ways covered, shorter ones need a
 * block more, with bits for the whole ones, then for the short ones by place in a binary tree.
 *
 * A leaf: its bits, then its key.
 */
export class PrefixNodes {
  readonly blocks = new WordBlocks(1);
  readonly links = new WordBlocks(2);
  readonly layout: NodeLayout;
  readonly #keyWords: number;

  constructor(keyWords: number) {
    this.#keyWords = keyWords;
    this.layout = {
      ways: 1,
      ranks: 9,
      links: 11,
      items: 12,
      partials: 13,
      covered: 14,
      prefix: 22,
      size: 22 + keyWords,
    };
  }

  get bytes(): number {
    return this.blocks.words.byteLength + this.links.words.byteLength;
  }

  newLeaf(key: Int32Array, bits: number): number {
    const at = this.blocks.allocate(1 + this.#keyWords);
    this.blocks.words[at] = bits;
    this.blocks.words.set(key, at + 1);
    return -at;
  }

  freeLeaf(leaf: number): void {
    this.blocks.release(leaf, 1 + this.#keyWords);
  }

  leafBits(leaf: number): number {
    return this.blocks.words[leaf] ?? 0;
  }

  leafKey(leaf: number): Int32Array {
    return this.blocks.words.slice(leaf + 1, leaf + 1 + this.#keyWords);
  }

  /** An empty node that parts keys by their byte `depth`. */
  newNode(key: Int32Array, depth: number): number {
    const node = this.blocks.allocate(this.layout.size);
    const { words } = this.blocks;
    words[node] = depth;
    for (let i = 0; i < this.#keyWords; i++) {
      words[node + this.layout.prefix + i] = (key[i] ?? 0) & prefixMask(depth * 8 - i * 32);
    }
    return node;
  }

  depth(node: number): number {
    return this.blocks.words[node] ?? 0;
  }

  /** Links and own prefixes together. */
  items(node: number): number {
    const items = this.#word(node + this.layout.items);
    return (items & 0xffff) + (items >>> 16);
  }

  /** The byte `depth` of the key that stands at `at`. */
  byteAt(at: number, depth: number): number {
    return (this.#word(at + (depth >> 2)) >>> (24 - ((depth & 3) << 3))) & 255;
  }

  /** The first byte in which the key differs from the one at `at`; `most` if none before. */
  firstDifference(at: number, key: Int32Array, most: number): number {
    for (let i = 0; i * 4 < most; i++) {
      const difference = this.#word(at + i) ^ (key[i] ?? 0);
      if (difference !== 0) return Math.min(most, i * 4 + (Math.clz32(difference) >> 3));
    }
    return most;
  }

  /** Where the link for a way stands among the links; -1 where there is none. */
  slotOf(node: number, way: number): number {
    const ways = this.#word(node + this.layout.ways + (way >> 5));
    if ((ways & (1 << (way & 31))) === 0) return -1;
    return this.#word(node + this.layout.links) + this.#rank(node, way);
  }

  addLink(node: number, way: number, link: number): void {
    const count = this.#linkCount(node);
    const rank = this.#rank(node, way);
    this.#resizeLinks(node, count, count + 1);
    const at = this.#word(node + this.layout.links);
    this.links.words.copyWithin(at + rank + 1, at + rank, at + count);
    this.links.words[at + rank] = link;
    this.#flip(node, this.layout.ways, way);
    this.#count(node, 1);
  }

  removeLink(node: number, way: number): void {
    const count = this.#linkCount(node);
    const rank = this.#rank(node, way);
    const at = this.#word(node + this.layout.links);
    this.links.words.copyWithin(at + rank, at + rank + 1, at + count);
    this.#flip(node, this.layout.ways, way);
    this.#resizeLinks(node, count, count - 1);
    this.#count(node, -1);
  }

  addOwn(node: number, key: Int32Array, bits: number): boolean {
    if (this.hasOwn(node, key, bits)) return false;
    const short = bits - this.depth(node) * 8;
    if (short < 8) this.#needPartials(node);
    this.#flipOwn(node, key, short);
    this.blocks.words[node + this.layout.items] = this.#word(node + this.layout.items) + 0x10000;
    return true;
  }

  removeOwn(node: number, key: Int32Array, bits: number): void {
    this.#flipOwn(node, key, bits - this.depth(node) * 8);
    this.blocks.words[node + this.layout.items] = this.#word(node + this.layout.items) - 0x10000;
  }

  hasOwn(node: number, key: Int32Array, bits: number): boolean {
    const depth = this.depth(node);
    const byte = ((key[depth >> 2] ?? 0) >>> (24 - ((depth & 3) << 3))) & 255;
    const short = bits - depth * 8;
    const partials = this.#word(node + this.layout.partials);
    if (short === 8) {
      return this.#isSet(partials === 0 ? node + this.layout.covered : partials, byte);
    }
    return partials !== 0 && this.#isSet(partials + BITMAP, (1 << short) | (byte >> (8 - short)));
  }

  /** Frees a node with one thing left, and gives what takes its place. */
  dissolve(node: number): number {
    const count = this.#linkCount(node);
    const only = count === 1 ? this.#linkAt(node) : this.#ownAsLeaf(node);
    this.#resizeLinks(node, count, 0);
    const partials = this.#word(node + this.layout.partials);
    if (partials !== 0) this.blocks.release(partials, 2 * BITMAP);
    this.blocks.release(node, this.layout.size);
    return only;
  }

  #linkAt(node: number): number {
    return this.links.words[this.#word(node + this.layout.links)] ?? 0;
  }

  #ownAsLeaf(node: number): number {
    const depth = this.depth(node);
    const partials = this.#word(node + this.layout.partials);
    const short = partials === 0 ? -1 : this.#firstSet(partials + BITMAP);
    const length = short === -1 ? 8 : 31 - Math.clz32(short);
    const byte =
      short === -1
        ? this.#firstSet(partials === 0 ? node + this.layout.covered : partials)
        : (short << (8 - length)) & 255;
    const key = this.blocks.words.slice(
      node + this.layout.prefix,
      node + this.layout.prefix + this.#keyWords,
    );
    key[depth >> 2] = (key[depth >> 2] ?? 0) | (byte << (24 - ((depth & 3) << 3)));
    return this.newLeaf(key, depth * 8 + length);
  }

  #needPartials(node: number): void {
    if (this.#word(node + this.layout.partials) !== 0) return;
    const block = this.blocks.allocate(2 * BITMAP);
    const { words } = this.blocks;
    const covered = node + this.layout.covered;
    words.copyWithin(block, covered, covered + BITMAP);
    words[node + this.layout.partials] = block;
  }

  #flipOwn(node: number, key: Int32Array, short: number): void {
    const depth = this.depth(node);
    const byte = ((key[depth >> 2] ?? 0) >>> (24 - ((depth & 3) << 3))) & 255;
    const partials = this.#word(node + this.layout.partials);
    const covered = node + this.layout.covered;
    if (partials === 0) {
      this.#flipBit(covered, byte);
      return;
    }
    if (short === 8) this.#flipBit(partials, byte);
    else this.#flipBit(partials + BITMAP, (1 << short) | (byte >> (8 - short)));
    const last = byte | (255 >> short);
    for (let way = byte; way <= last; way++) {
      if (this.#isSet(covered, way) !== this.#isCovered(partials, way)) this.#flipBit(covered, way);
    }
  }

  #isCovered(partials: number, way: number): boolean {
    if (this.#isSet(partials, way)) return true;
    for (let at = (256 | way) >> 1; at > 1; at >>= 1) {
      if (this.#isSet(partials + BITMAP, at)) return true;
    }
    return false;
  }

  #linkCount(node: number): number {
    return this.#word(node + this.layout.items) & 0xffff;
  }

  /** Counts a link in or out. */
  #count(node: number, change: number): void {
    const { words } = this.blocks;
    words[node + this.layout.items] = this.#word(node + this.layout.items) + change;
    let before = 0;
    for (let word = 0; word < BITMAP; word++) {
      const at = node + this.layout.ranks + (word >> 2);
      const shift = (word & 3) << 3;
      words[at] = (this.#word(at) & ~(255 << shift)) | (before << shift);
      before += popcount(this.#word(node + this.layout.ways + word));
    }
  }

  /** How many links stand before that of a way. */
  #rank(node: number, way: number): number {
    const word = way >> 5;
    const packed = this.#word(node + this.layout.ranks + (word >> 2));
    const ways = this.#word(node + this.layout.ways + word);
    return ((packed >>> ((word & 3) << 3)) & 255) + popcount(ways & ((1 << (way & 31)) - 1));
  }

  #resizeLinks(node: number, count: number, wanted: number): void {
    const old = roomFor(count);
    const room = roomFor(wanted);
    if (room === old) return;
    const from = this.#word(node + this.layout.links);
    const to = room === 0 ? 0 : this.links.allocate(room);
    if (to !== 0) this.links.words.copyWithin(to, from, from + Math.min(count, wanted));
    if (old !== 0) this.links.release(from, old);
    this.blocks.words[node + this.layout.links] = to;
  }

  #flip(node: number, part: number, way: number): void {
    this.#flipBit(node + part, way);
  }

  #flipBit(bitmap: number, index: number): void {
    const at = bitmap + (index >> 5);
    this.blocks.words[at] = this.#word(at) ^ (1 << (index & 31));
  }

  #isSet(bitmap: number, index: number): boolean {
    return (this.#word(bitmap + (index >> 5)) & (1 << (index & 31))) !== 0;
  }

  /** -1 where none is set. */
  #firstSet(bitmap: number): number {
    for (let i = 0; i < BITMAP; i++) {
      const word = this.#word(bitmap + i);
      if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
    }
    return -1;
  }

  #word(at: number): number {
    return this.blocks.words[at] ?? 0;
  }
}

function roomFor(count: number): number {
  return ROOMS.find((room) => room >= count) ?? 256;
}

/** How many bits are set (Hacker's Delight, 5-2). */
export function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
