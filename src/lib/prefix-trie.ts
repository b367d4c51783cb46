import { prefixMask } from './address.ts';
import { PrefixNodes, popcount } from './prefix-nodes.ts';

/**
 * Prefixes of keys of one length, in a tree that takes eight bits a step and leaves out the steps
 * where there is no choice. A node has a bit for each of its 256 ways, and only those that lead
 * somewhere take room (after Poptrie, Asai and Ohara 2015).
 *
 * A link is 0 for nothing, a node's place, or, negative, a leaf's: a leaf is a prefix that is alone
 * on its way. Each node has two things or more, its own prefixes or links, so there are never more
 * nodes than prefixes.
 */
export class PrefixTrie {
  readonly #nodes: PrefixNodes;
  /** Whether the empty prefix is here, which holds every key. */
  #holdsAll = false;
  #size = 0;

  /** `words`: how many words of 32 bits a key has. */
  constructor(words: number) {
    this.#nodes = new PrefixNodes(words);
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#nodes.bytes;
  }

  holds(key: Int32Array): boolean {
    if (this.#holdsAll) return true;
    const { blocks, links, layout } = this.#nodes;
    const { words } = blocks;
    const linked = links.words;
    let link = linked[ROOT] ?? 0;
    while (link > 0) {
      const depth = words[link] ?? 0;
      const byte = ((key[depth >> 2] ?? 0) >>> (24 - ((depth & 3) << 3))) & 255;
      const word = byte >> 5;
      const bit = 1 << (byte & 31);
      if (((words[link + layout.covered + word] ?? 0) & bit) !== 0) {
        return sharesBits(words, link + layout.prefix, key, depth * 8);
      }
      const ways = words[link + layout.ways + word] ?? 0;
      if ((ways & bit) === 0) return false;
      const packed = words[link + layout.ranks + (word >> 2)] ?? 0;
      const before = (packed >>> ((word & 3) << 3)) & 255;
      link = linked[(words[link + layout.links] ?? 0) + before + popcount(ways & (bit - 1))] ?? 0;
    }
    if (link === 0) return false;
    const leaf = -link;
    return sharesBits(words, leaf + 1, key, words[leaf] ?? 0);
  }

  has(key: Int32Array, bits: number): boolean {
    if (bits === 0) return this.#holdsAll;
    const place = this.#find(key, bits);
    return place !== null;
  }

  add(key: Int32Array, bits: number): boolean {
    if (bits === 0) {
      if (this.#holdsAll) return false;
      this.#holdsAll = true;
    } else if (!this.#insert(key, bits)) return false;
    this.#size++;
    return true;
  }

  remove(key: Int32Array, bits: number): boolean {
    if (bits === 0) {
      if (!this.#holdsAll) return false;
      this.#holdsAll = false;
    } else {
      const place = this.#find(key, bits);
      if (place === null) return false;
      this.#take(place, key, bits);
    }
    this.#size--;
    return true;
  }

  #insert(key: Int32Array, bits: number): boolean {
    const nodes = this.#nodes;
    const end = (bits - 1) >> 3;
    let slot = ROOT;
    for (;;) {
      const link = nodes.links.words[slot] ?? 0;
      if (link === 0) {
        nodes.links.words[slot] = nodes.newLeaf(key, bits);
        return true;
      }
      if (link < 0) return this.#splitLeaf(slot, -link, key, bits);
      const depth = nodes.depth(link);
      const parting = nodes.firstDifference(link + nodes.layout.prefix, key, Math.min(depth, end));
      if (parting < depth) {
        const node = nodes.newNode(key, parting);
        nodes.addLink(node, nodes.byteAt(link + nodes.layout.prefix, parting), link);
        nodes.links.words[slot] = node;
        this.#put(node, key, bits);
        return true;
      }
      if (end === depth) return nodes.addOwn(link, key, bits);
      const next = nodes.slotOf(link, byteOf(key, depth));
      if (next === -1) {
        nodes.addLink(link, byteOf(key, depth), nodes.newLeaf(key, bits));
        return true;
      }
      slot = next;
    }
  }

  /** A leaf makes room for a node that has it and the new prefix. */
  #splitLeaf(slot: number, leaf: number, key: Int32Array, bits: number): boolean {
    const nodes = this.#nodes;
    const there = nodes.leafBits(leaf);
    const most = Math.min((there - 1) >> 3, (bits - 1) >> 3);
    const parting = nodes.firstDifference(leaf + 1, key, most);
    if (there === bits && sharesBits(nodes.blocks.words, leaf + 1, key, bits)) return false;
    const node = nodes.newNode(key, parting);
    const old = nodes.leafKey(leaf);
    nodes.links.words[slot] = node;
    if ((there - 1) >> 3 === parting) {
      nodes.freeLeaf(leaf);
      nodes.addOwn(node, old, there);
    } else nodes.addLink(node, byteOf(old, parting), -leaf);
    this.#put(node, key, bits);
    return true;
  }

  /** Into a new node, which has nothing on this way yet. */
  #put(node: number, key: Int32Array, bits: number): void {
    const nodes = this.#nodes;
    const depth = nodes.depth(node);
    if ((bits - 1) >> 3 === depth) nodes.addOwn(node, key, bits);
    else nodes.addLink(node, byteOf(key, depth), nodes.newLeaf(key, bits));
  }

  #find(key: Int32Array, bits: number): Place | null {
    const nodes = this.#nodes;
    const end = (bits - 1) >> 3;
    let slot = ROOT;
    let parent: Place['parent'] = null;
    for (;;) {
      const link = nodes.links.words[slot] ?? 0;
      if (link === 0) return null;
      if (link < 0) {
        const isIt =
          nodes.leafBits(-link) === bits && sharesBits(nodes.blocks.words, -link + 1, key, bits);
        return isIt ? { link, parent } : null;
      }
      const depth = nodes.depth(link);
      if (
        depth > end ||
        !sharesBits(nodes.blocks.words, link + nodes.layout.prefix, key, depth * 8)
      )
        return null;
      if (depth === end) {
        return nodes.hasOwn(link, key, bits) ? { link, parent: { node: link, slot } } : null;
      }
      const next = nodes.slotOf(link, byteOf(key, depth));
      if (next === -1) return null;
      parent = { node: link, slot };
      slot = next;
    }
  }

  #take({ link, parent }: Place, key: Int32Array, bits: number): void {
    const nodes = this.#nodes;
    if (link > 0) nodes.removeOwn(link, key, bits);
    else {
      nodes.freeLeaf(-link);
      if (parent === null) {
        nodes.links.words[ROOT] = 0;
        return;
      }
      nodes.removeLink(parent.node, byteOf(key, nodes.depth(parent.node)));
    }
    if (parent === null || nodes.items(parent.node) > 1) return;
    // What is left alone takes the place of its node.
    nodes.links.words[parent.slot] = nodes.dissolve(parent.node);
  }
}

/** Where a prefix is: its leaf or node, and the node that loses a thing when it goes. */
interface Place {
  readonly link: number;
  readonly parent: { readonly node: number; readonly slot: number } | null;
}

/** The first word of all links. */
const ROOT = 1;

function byteOf(key: Int32Array, depth: number): number {
  return ((key[depth >> 2] ?? 0) >>> (24 - ((depth & 3) << 3))) & 255;
}

/** Whether the words from `at` begin with the key's first `bits` bits. */
function sharesBits(words: Int32Array, at: number, key: Int32Array, bits: number): boolean {
  let left = bits;
  for (let i = 0; left > 0; i++, left -= 32) {
    const difference = (words[at + i] ?? 0) ^ (key[i] ?? 0);
    if ((left >= 32 ? difference : difference & prefixMask(left)) !== 0) return false;
  }
  return true;
}
