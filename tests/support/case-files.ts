import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

/** One case of a corpus that is kept as text. */
export interface WrittenCase {
  /** File without its ending. */
  readonly group: string;
  readonly name: string;
  /** The first value of a key as bytes (latin1); '' where there is none. */
  one(key: string): string;
  all(key: string): readonly string[];
}

/**
 * All cases of the `.txt` files in a folder. A line `key: value` begins a value and indented lines
 * go on with it; a line break of the file is no byte. `\r`, `\n`, `\t`, `\\`, `\xHH` are bytes,
 * `\s` is a space, and `\{text*count}` is text many times over. A line that begins with `#` says
 * something to people. Every case begins with `case`, and says `by` which section or for what
 * reason.
 */
export function readCaseFiles(folder: URL, keys: readonly string[]): WrittenCase[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return text
      .split(/^(?=case: )/m)
      .filter((part) => part.startsWith('case: '))
      .map((part) => readCase(file.replace('.txt', ''), part, keys));
  });
}

function readCase(group: string, part: string, keys: readonly string[]): WrittenCase {
  const values = new Map<string, string[]>(['case', 'by', ...keys].map((key) => [key, []]));
  let current: string[] | null = null;
  for (const line of part.split('\n')) {
    const begun = /^([a-z-]+): ?(.*)$/.exec(line) ?? /^([a-z-]+):()$/.exec(line);
    if (begun !== null) {
      current = values.get(begun[1] ?? '') ?? assert.fail(`${group}: an unknown key in ${line}`);
      current.push(begun[2] ?? '');
    } else if (line.startsWith(' ')) {
      assert.ok(current !== null && current.length > 0, `${group}: ${line} goes on with nothing`);
      current.push(`${current.pop()}${line.trimStart()}`);
    } else assert.match(line, /^(?:#.*)?$/, `${group}: what is ${line}`);
  }
  const all = (key: string): readonly string[] => values.get(key)?.map(unescape) ?? [];
  const one = (key: string): string => all(key)[0] ?? '';
  assert.notEqual(one('by'), '', `${group}, ${one('case')}: by which section?`);
  return { group, name: one('case'), one, all };
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
