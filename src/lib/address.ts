/**
 * An IP address as big-endian words of 32 bits: one word for IPv4, four for IPv6. IPv4 written as
 * IPv6 (`::ffff:192.0.2.1`) is IPv4, so that one address has one form.
 */
export type Address = Int32Array;

/** All addresses that begin with the same bits; the bits behind them are 0. */
export interface Network {
  readonly address: Address;
  /** 0 to 32, or 0 to 128. */
  readonly bits: number;
}

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const COLON = 58;

/**
 * Reads an address strictly: no leading zeros, no zone, no port, nothing around it; null for
 * anything else. (RFC 6943 tells what comes of reading them otherwise.)
 */
export function parseAddress(text: string): Address | null {
  if (text.length > 45) return null;
  for (let i = 0; i < text.length && i < 5; i++) {
    if (text.charCodeAt(i) === COLON) return parseIpv6(text);
  }
  const word = parseIpv4(text, 0);
  return word === null ? null : Int32Array.of(word);
}

function parseIpv4(text: string, from: number): number | null {
  let word = 0;
  let parts = 0;
  let value = -1;
  for (let i = from; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (value === -1 || ++parts > 4) return null;
      word = (word << 8) | value;
      value = -1;
    } else {
      // A value of 0 that goes on has a leading zero, which some read as octal.
      if (code < ZERO || code > NINE || value === 0) return null;
      value = value === -1 ? code - ZERO : value * 10 + code - ZERO;
      if (value > 255) return null;
    }
  }
  return parts === 4 ? word : null;
}

function parseIpv6(text: string): Address | null {
  const groups = new Uint16Array(8);
  let count = 0;
  let gap = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gap = 0;
    i = 2;
  }
  while (i < text.length) {
    if (count === 8) return null;
    const begin = i;
    let value = 0;
    let digit = hexDigit(text.charCodeAt(i));
    while (digit !== -1 && i - begin < 4) {
      value = value * 16 + digit;
      i++;
      digit = i < text.length ? hexDigit(text.charCodeAt(i)) : -1;
    }
    if (i < text.length && text.charCodeAt(i) === DOT) {
      const word = count <= 6 ? parseIpv4(text, begin) : null;
      if (word === null) return null;
      groups[count++] = word >>> 16;
      groups[count++] = word & 0xffff;
      break;
    }
    if (i === begin) return null;
    groups[count++] = value;
    if (i === text.length) break;
    if (text.charCodeAt(i) !== COLON) return null;
    i++;
    if (i < text.length && text.charCodeAt(i) === COLON) {
      if (gap !== -1) return null;
      gap = count;
      i++;
    } else if (i === text.length) return null;
  }
  if (gap === -1 ? count !== 8 : count === 8) return null;
  return fromGroups(groups, count, gap === -1 ? count : gap);
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** The groups behind `gap` go to the end. */
function fromGroups(groups: Uint16Array, count: number, gap: number): Address {
  const words = new Int32Array(4);
  for (let i = 0; i < count; i++) {
    const place = i < gap ? i : i + 8 - count;
    words[place >> 1] = (words[place >> 1] ?? 0) | ((groups[i] ?? 0) << (place % 2 === 0 ? 16 : 0));
  }
  return isMapped(words) ? words.slice(3) : words;
}

/** `::ffff:0:0/96` (RFC 4291, section 2.5.5.2). */
function isMapped(words: Int32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
}

export type ParsedNetwork =
  | { readonly kind: 'network'; readonly network: Network }
  /** Bits behind the prefix are set; `meant` is the network that holds the address. */
  | { readonly kind: 'host-bits'; readonly meant: Network }
  | { readonly kind: 'none' };

const none: ParsedNetwork = { kind: 'none' };

/** Reads `ADDRESS` or `ADDRESS/BITS`. */
export function parseNetwork(text: string): ParsedNetwork {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === null) return none;
  const longest = address.length * 32;
  if (slash === -1) return { kind: 'network', network: { address, bits: longest } };
  const said = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(said)) return none;
  // What is written as IPv6 is counted as IPv6.
  const bits = Number(said) - (address.length === 1 && text.includes(':') ? 96 : 0);
  if (bits < 0 || bits > longest) return none;
  const meant = { address: masked(address, bits), bits };
  const isWhole = meant.address.every((word, i) => word === address[i]);
  return isWhole ? { kind: 'network', network: meant } : { kind: 'host-bits', meant };
}

function masked(address: Address, bits: number): Address {
  return address.map((word, i) => word & prefixMask(bits - i * 32));
}

/** The mask of the first `bits` bits of a word; anything below 0 is none, above 32 all. */
export function prefixMask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);
}

/** Whether the network holds the address, or all of another network that begins there. */
export function isWithin(address: Address, { address: prefix, bits }: Network): boolean {
  if (address.length !== prefix.length) return false;
  return prefix.every((word, i) => (((address[i] ?? 0) ^ word) & prefixMask(bits - i * 32)) === 0);
}

/** The one canonical form of an address: dotted, or RFC 5952. */
export function formatAddress(address: Address): string {
  if (address.length === 1) {
    const word = address[0] ?? 0;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups = [...address].flatMap((word) => [word >>> 16, word & 0xffff]);
  const gap = longestZeros(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return gap.count < 2
    ? hex(0, 8)
    : `${hex(0, gap.begin)}::${hex(gap.begin + gap.count, groups.length)}`;
}

function longestZeros(groups: readonly number[]): {
  readonly begin: number;
  readonly count: number;
} {
  let best = { begin: 0, count: 0 };
  let begin = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - begin > best.count) best = { begin, count: i - begin };
    begin = i + 1;
  }
  return best;
}

/** The one canonical form of a network; one of a single address is written as the address. */
export function formatNetwork({ address, bits }: Network): string {
  const text = formatAddress(address);
  return bits === address.length * 32 ? text : `${text}/${bits}`;
}
