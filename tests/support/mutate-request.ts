import type { Randomness } from '../../src/ports/randomness/port.ts';

/** Bytes that two readers are most likely to take in two ways. */
const awkward = (
  '\r|\n|\r\n|\n\n|\r\n\r\n|\r\r\n|\0|\t|\x0b|\x0c| |\x7f|\x80|\xa0|\xff|:|;|,|' +
  '=|"|\\|/|%00|%2e|%2f|#|?|*|0|1|-|+|_|0x|chunked|HTTP/1.1|HTTP/1.0|GET /x HTTP/1.1\r\n'
).split('|');
const lines = [
  'Host: b.example',
  'Host:',
  'Content-Length: 0',
  'Content-Length: 3',
  'Content-Length: 4, 4',
  'Content-Length: +5',
  'content-length:6',
  'Content-Length : 7',
  'Content_Length: 8',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, chunked',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\x0bchunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: transfer-encoding, content-length, host',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'TE: trailers',
  'Trailer: x',
  'X-Forwarded-For: 10.0.0.1',
  '0',
  '',
];

/** One change, given what other requests there are to borrow from. */
type Mutation = (bytes: string, chance: Randomness, corpus: readonly string[]) => string;

function pick<Item>(items: readonly Item[], chance: Randomness): Item {
  return items[chance.integer(items.length)] as Item;
}

function place(bytes: string, chance: Randomness): number {
  return chance.integer(bytes.length + 1);
}

const mutations: readonly Mutation[] = [
  function insertAwkward(bytes, chance) {
    const at = place(bytes, chance);
    return bytes.slice(0, at) + pick(awkward, chance) + bytes.slice(at);
  },
  function replaceByte(bytes, chance) {
    const at = place(bytes, chance);
    const byte = String.fromCharCode(chance.integer(256));
    return bytes.slice(0, at) + byte + bytes.slice(at + 1);
  },
  function flipBit(bytes, chance) {
    const at = place(bytes, chance);
    if (at === bytes.length) return bytes;
    const flipped = bytes.charCodeAt(at) ^ (1 << chance.integer(8));
    return bytes.slice(0, at) + String.fromCharCode(flipped) + bytes.slice(at + 1);
  },
  function remove(bytes, chance) {
    const at = place(bytes, chance);
    return bytes.slice(0, at) + bytes.slice(at + 1 + chance.integer(4));
  },
  function insertLine(bytes, chance) {
    const ends = [...bytes.matchAll(/\r\n/g)].map(({ index }) => index + 2);
    if (ends.length === 0) return bytes;
    const at = pick(ends, chance);
    return `${bytes.slice(0, at)}${pick(lines, chance)}\r\n${bytes.slice(at)}`;
  },
  function shuffleLines(bytes, chance) {
    const all = bytes.split('\r\n');
    const from = chance.integer(all.length);
    const to = chance.integer(all.length);
    const moved = all[from] ?? '';
    if (chance.integer(2) === 0) all.splice(from, 1);
    all.splice(to, 0, moved);
    return all.join('\r\n');
  },
  function changeEnd(bytes, chance) {
    const ends = [...bytes.matchAll(/\r\n/g)].map(({ index }) => index);
    if (ends.length === 0) return bytes;
    const at = pick(ends, chance);
    const end = pick(
      ['\n', '\r', '\n\r', '\r\r\n', '\r\n\r\n', '\r\n ', '\r\n\t', ' \r\n'],
      chance,
    );
    return bytes.slice(0, at) + end + bytes.slice(at + 2);
  },
  function changeNumber(bytes, chance) {
    const numbers = [...bytes.matchAll(/[0-9a-f]+/gi)];
    if (numbers.length === 0) return bytes;
    const { index, 0: digits } = pick(numbers, chance);
    const other = pick(['0', '1', '2', '9', '00', 'ffffffffffffffff', '10', 'a', '-1'], chance);
    return bytes.slice(0, index) + other + bytes.slice(index + digits.length);
  },
  function changeCase(bytes, chance) {
    const at = place(bytes, chance);
    const end = at + 1 + chance.integer(8);
    const part = bytes.slice(at, end).replaceAll(/[a-z]/gi, (letter) => {
      return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    });
    return bytes.slice(0, at) + part + bytes.slice(end);
  },
  function splice(bytes, chance, corpus) {
    const other = pick(corpus, chance);
    return bytes.slice(0, place(bytes, chance)) + other.slice(place(other, chance));
  },
  function sendAhead(bytes, chance, corpus) {
    return bytes + pick(corpus, chance);
  },
];

/**
 * A request of the corpus, changed in one to three places, most often in one; three of four times
 * one of `good`, which was no bad request before.
 */
export function mutateRequest(
  corpus: readonly string[],
  good: readonly string[],
  chance: Randomness,
): string {
  let bytes = pick(chance.integer(4) === 0 ? corpus : good, chance);
  const changes = Math.max(1, chance.integer(5) - 1);
  for (let change = 0; change < changes; change += 1) {
    bytes = pick(mutations, chance)(bytes, chance, good);
  }
  return bytes;
}
