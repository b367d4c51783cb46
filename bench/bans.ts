import { BlockList } from 'node:net';
import { createSeededRandomness } from '../src/adapters/simulated/randomness.ts';
import { type Address, formatAddress, type Network, parseAddress } from '../src/lib/address.ts';
import { AddressTrie } from '../src/lib/address-trie.ts';
import { reportNumbers } from '../tests/support/prove.ts';

/**
 * `node bench/bans.ts [rounds]`: what it costs to ask whether an address is banned, with 10, 1,000
 * and 1,000,000 networks, beside `net.BlockList`, turn by turn in one run. Nine in ten look-ups
 * find nothing, as on a site. Exits 1 where a million costs a whole request 10 % more than ten do.
 */
const rounds = Number(process.argv[2] ?? 7);
const sizes = [10, 1_000, 1_000_000] as const;
const lookUps = 200_000;
/** `net.BlockList` walks its list, so that with a million one round would take an hour. */
const mostForBlockList = 1_000;
/** A cached hit, the cheapest request there is: facts measured for `bench/peers.ts`. */
const requestNs = 10_600;
const allowedShare = 0.1;

const randomness = createSeededRandomness(7);
const word = (): number => randomness.integer(2 ** 32) | 0;

/** Mostly single IPv4 addresses, some networks, some of IPv6: as ban lists are. */
function anyNetwork(): Network {
  const kind = randomness.integer(10);
  if (kind < 7) return { address: Int32Array.of(word()), bits: 32 };
  if (kind < 9) return { address: Int32Array.of(word() & -256), bits: 24 };
  return { address: Int32Array.of(0x20010000 | (word() & 0xffff), word(), 0, 0), bits: 64 };
}

interface Filled {
  readonly size: number;
  readonly trie: AddressTrie;
  readonly list: BlockList | null;
  readonly asked: readonly Address[];
  readonly texts: readonly string[];
}

function fill(size: number): Filled {
  const trie = new AddressTrie();
  const networks: Network[] = [];
  while (trie.size < size) {
    const network = anyNetwork();
    if (trie.add(network)) networks.push(network);
  }
  let list: BlockList | null = null;
  if (size <= mostForBlockList) {
    list = new BlockList();
    for (const { address, bits } of networks) {
      list.addSubnet(formatAddress(address), bits, address.length === 1 ? 'ipv4' : 'ipv6');
    }
  }
  const asked = Array.from({ length: 10_000 }, (_, i) => {
    const held = networks[randomness.integer(networks.length)]?.address;
    return i % 10 === 0 && held !== undefined ? held : Int32Array.of(word());
  });
  return { size, trie, list, asked, texts: asked.map(formatAddress) };
}

function nsOf(times: number, ask: (i: number) => boolean): number {
  let held = 0;
  const begin = process.hrtime.bigint();
  for (let i = 0; i < times; i++) if (ask(i % 10_000)) held++;
  const ns = Number(process.hrtime.bigint() - begin);
  if (held === 0) throw new Error('nothing was held');
  return ns / times;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const filled = sizes.map(fill);
const trieNs = new Map<number, number[]>(sizes.map((size) => [size, []]));
const listNs = new Map<number, number[]>(sizes.map((size) => [size, []]));
const parseNs: number[] = [];
for (let round = 0; round < rounds; round++) {
  for (const { size, trie, list, asked, texts } of filled) {
    const none = asked[0] as Address;
    trieNs.get(size)?.push(nsOf(lookUps, (i) => trie.holds(asked[i] ?? none)));
    if (list !== null) {
      const times = size > 100 ? lookUps / 20 : lookUps;
      const family = texts.map((text) => (text.includes(':') ? 'ipv6' : 'ipv4'));
      listNs.get(size)?.push(nsOf(times, (i) => list.check(texts[i] ?? '', family[i])));
    }
    if (size === 10) parseNs.push(nsOf(lookUps, (i) => parseAddress(texts[i] ?? '') !== null));
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
for (const { size, trie } of filled) {
  const ns = median(trieNs.get(size) ?? []);
  const list = listNs.get(size) ?? [];
  reportNumbers(`bans: ${size} networks`, {
    lookUpNs: round(ns),
    blockListTimesAsSlow: list.length === 0 ? null : round(median(list) / ns),
    bytesPerNetwork: round(trie.bytes / trie.size),
  });
}
const [few = 0, , many = 0] = sizes.map((size) => median(trieNs.get(size) ?? []));
const share = (many - few) / requestNs;
reportNumbers('bans: a million beside ten', {
  lookUpRatio: round(many / few),
  shareOfARequestPercent: round(share * 100),
  parseNs: round(median(parseNs)),
});
if (share > allowedShare) {
  process.stdout.write(`a million bans cost more than ${allowedShare * 100} % of a request\n`);
  process.exitCode = 1;
}
