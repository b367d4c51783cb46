import { type Address, type Network, parseAddress } from './address.ts';
import { PrefixTrie } from './prefix-trie.ts';

/**
 * A set of IPv4 and IPv6 networks that says whether one of them holds an address. Networks come and
 * go one by one, whatever others overlap them, and each costs some twenty steps at most; so does a
 * look-up.
 *
 * Memory is bounded by what is held: less than 250 bytes a network at worst, and 20 to 60 where
 * they are single addresses or lie near each other (`bench/bans.ts` prints it).
 */
export class AddressTrie {
  readonly #ipv4 = new PrefixTrie(1);
  readonly #ipv6 = new PrefixTrie(4);

  /** How many networks it holds. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  /** What its typed arrays take. */
  get bytes(): number {
    return this.#ipv4.bytes + this.#ipv6.bytes;
  }

  /** False where it was there already. */
  add(network: Network): boolean {
    return this.#of(network.address).add(network.address, network.bits);
  }

  /** False where it was not there; networks within it or around it stay. */
  remove(network: Network): boolean {
    return this.#of(network.address).remove(network.address, network.bits);
  }

  /** Whether this very network was added. */
  has(network: Network): boolean {
    return this.#of(network.address).has(network.address, network.bits);
  }

  /** Whether a network here holds the address. */
  holds(address: Address): boolean {
    return this.#of(address).holds(address);
  }

  /** As `holds`, for an address as text; what is no address is held by nothing. */
  holdsText(text: string): boolean {
    const address = parseAddress(text);
    return address !== null && this.holds(address);
  }

  #of(address: Address): PrefixTrie {
    return address.length === 1 ? this.#ipv4 : this.#ipv6;
  }
}
