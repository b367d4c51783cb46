import { type FirstEntry, keyOf } from '../../../derive/edge/table-entries.ts';
import { type Network, parseNetwork } from '../../../lib/address.ts';
import { AddressTrie } from '../../../lib/address-trie.ts';

/** What a table holds at the moment. Keys are in their canonical form. */
export interface Contents {
  /** What is held under the key, '' where it stands for nothing; null when it is not there. */
  held(key: string): string | null;
  put(key: string, value: string): void;
  remove(key: string): void;
  addFirst(entry: FirstEntry): void;
}

/** Of a `cidr` table. */
export class NetworkContents implements Contents {
  readonly trie = new AddressTrie();

  held(key: string): string | null {
    const network = networkOf(key);
    return network !== null && this.trie.has(network) ? '' : null;
  }

  put(key: string): void {
    const network = networkOf(key);
    if (network !== null) this.trie.add(network);
  }

  remove(key: string): void {
    const network = networkOf(key);
    if (network !== null) this.trie.remove(network);
  }

  addFirst({ network }: FirstEntry): void {
    if (network !== null) this.trie.add(network);
  }
}

/** Of a `set` or a `map`. */
export class WordContents implements Contents {
  readonly words = new Map<string, string>();

  held(key: string): string | null {
    return this.words.get(key) ?? null;
  }

  put(key: string, value: string): void {
    this.words.set(key, value);
  }

  remove(key: string): void {
    this.words.delete(key);
  }

  /** The first of one key counts: edge.yaml goes before the file. */
  addFirst(entry: FirstEntry): void {
    const key = keyOf(entry);
    if (!this.words.has(key)) this.words.set(key, entry.value ?? '');
  }
}

function networkOf(key: string): Network | null {
  const parsed = parseNetwork(key);
  return parsed.kind === 'network' ? parsed.network : null;
}
