/**
 * Writes small databases of addresses in MaxMind's format
 * (https://maxmind.github.io/MaxMind-DB/), enough to hold a reader against.
 */
export interface MmdbNetwork {
  /** `192.0.2.0/24` or `2001:db8::/32`, written out in full groups or with one `::`. */
  readonly network: string;
  readonly record: MmdbValue;
}

type MmdbValue = string | number | { readonly [key: string]: MmdbValue };

interface Node {
  children: [Node | number | null, Node | number | null];
}

/** IPv4 lies below ::/96, as the format has it. */
export function mmdbFile(type: string, networks: readonly MmdbNetwork[]): Uint8Array {
  const root: Node = { children: [null, null] };
  const data: number[] = [];
  for (const { network, record } of networks) {
    const at = data.length;
    data.push(...encode(record));
    insert(root, bitsOf(network), at);
  }
  const nodes: Node[] = [];
  const number = new Map<Node, number>();
  const visit = (node: Node): void => {
    number.set(node, nodes.length);
    nodes.push(node);
    for (const child of node.children)
      if (child !== null && typeof child === 'object') visit(child);
  };
  visit(root);
  const tree = nodes.flatMap(({ children }) =>
    children.flatMap((child) => {
      const value =
        child === null
          ? nodes.length
          : typeof child === 'number'
            ? nodes.length + 16 + child
            : (number.get(child) ?? 0);
      return [(value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
    }),
  );
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: type,
    description: { en: 'Networks for documentation' },
    ip_version: 6,
    node_count: nodes.length,
    record_size: 24,
  });
  const mark = [0xab, 0xcd, 0xef, ...Buffer.from('MaxMind.com')];
  return Uint8Array.from([
    ...tree,
    ...Array.from({ length: 16 }, () => 0),
    ...data,
    ...mark,
    ...metadata,
  ]);
}

function insert(root: Node, bits: readonly (0 | 1)[], value: number): void {
  let node = root;
  for (const [index, bit] of bits.entries()) {
    if (index === bits.length - 1) node.children[bit] = value;
    else {
      const next = node.children[bit];
      if (next !== null && typeof next === 'object') node = next;
      else {
        const made: Node = { children: [next, next] };
        node.children[bit] = made;
        node = made;
      }
    }
  }
}

function bitsOf(network: string): readonly (0 | 1)[] {
  const [address = '', prefix = ''] = network.split('/');
  const isV4 = !address.includes(':');
  const groups = isV4 ? v4Groups(address) : v6Groups(address);
  const bits = groups.flatMap((group) =>
    Array.from({ length: 16 }, (_, index): 0 | 1 => (((group >> (15 - index)) & 1) === 1 ? 1 : 0)),
  );
  return bits.slice(0, Number(prefix) + (isV4 ? 96 : 0));
}

function v4Groups(address: string): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [0, 0, 0, 0, 0, 0, a * 256 + b, c * 256 + d];
}

function v6Groups(address: string): readonly number[] {
  const [head = '', tail = ''] = address.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [read(head), read(tail)];
  const gap = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return [...left, ...gap, ...right];
}

/** Data section: strings (2), unsigned 32 bits (6) and maps (7), all shorter than 285 bytes. */
function encode(value: MmdbValue): number[] {
  if (typeof value === 'string') {
    const bytes = [...Buffer.from(value)];
    return bytes.length < 29
      ? [(2 << 5) | bytes.length, ...bytes]
      : [(2 << 5) | 29, bytes.length - 29, ...bytes];
  }
  if (typeof value === 'number') {
    const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
    return [(6 << 5) | 4, ...bytes];
  }
  const entries = Object.entries(value);
  return [
    (7 << 5) | entries.length,
    ...entries.flatMap(([key, of]) => encode(key).concat(encode(of))),
  ];
}
