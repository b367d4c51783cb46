import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

/** One conversation of the corpus: bytes, and what must become of them. */
export interface CorpusCase {
  /** File without its ending. */
  readonly group: string;
  readonly name: string;
  /** The section that says so, or a reason in words. */
  readonly source: string;
  /** As latin1; several are sent one after the other, once the one before is in. */
  readonly sends: readonly string[];
  /** The client ends its half when all is sent. */
  readonly endsHalf: boolean;
  /** Statuses of all answers but 1xx, in order. */
  readonly answers: readonly number[];
  readonly ending: 'open' | 'closed';
  /** What the origin gets to see, without the lines that every gateway adds; '' for nothing. */
  readonly origin: string;
}

const folder = new URL('../conformance/requests/', import.meta.url);
const keys = ['case', 'by', 'send', 'ends-half', 'answers', 'then', 'origin'] as const;

/**
 * All cases of `tests/conformance/requests/*.txt`. A line `key: value` begins a value and indented
 * lines go on with it; a line break of the file is no byte. `\r`, `\n`, `\t`, `\\`, `\xHH` are bytes,
 * `\s` is a space, and `\{text*count}` is text many times over. A line that begins with `#` says
 * something to people.
 */
export function readCorpus(): CorpusCase[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return text
      .split(/^(?=case: )/m)
      .filter((part) => part.startsWith('case: '))
      .map((part) => readCase(file.replace('.txt', ''), part));
  });
}

function readCase(group: string, part: string): CorpusCase {
  const values = new Map<string, string[]>(keys.map((key) => [key, []]));
  let current: string[] | null = null;
  for (const line of part.split('\n')) {
    const begun = /^([a-z-]+): ?(.*)$/.exec(line);
    if (begun !== null) {
      current = values.get(begun[1] ?? '') ?? assert.fail(`${group}: an unknown key in ${line}`);
      current.push(begun[2] ?? '');
    } else if (line.startsWith(' ')) {
      assert.ok(current !== null && current.length > 0, `${group}: ${line} goes on with nothing`);
      current.push(`${current.pop()}${line.trimStart()}`);
    } else assert.match(line, /^(?:#.*)?$/, `${group}: what is ${line}`);
  }
  const one = (key: string): string => values.get(key)?.[0] ?? '';
  const name = one('case');
  const then = one('then');
  assert.ok(then === 'open' || then === 'closed', `${group}, ${name}: then what?`);
  assert.notEqual(one('by'), '', `${group}, ${name}: by which section?`);
  return {
    group,
    name,
    source: one('by'),
    sends: (values.get('send') ?? []).map(unescape),
    endsHalf: one('ends-half') === 'yes',
    answers: one('answers').split(' ').filter(Boolean).map(Number),
    ending: then,
    origin: unescape(one('origin')),
  };
}

const escapes: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  s: ' ',
  '\\': '\\',
};

function unescape(written: string): string {
  return Buffer.from(written, 'utf8')
    .toString('latin1')
    .replaceAll(
      /\\(?:x([0-9A-Fa-f]{2})|\{([^*}]*)\*(\d+)\}|(.))/g,
      (all, hex, text, times, one) => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(String(hex), 16));
        if (text !== undefined) return unescape(String(text)).repeat(Number(times));
        return escapes[String(one)] ?? assert.fail(`what is ${String(all)}?`);
      },
    );
}
