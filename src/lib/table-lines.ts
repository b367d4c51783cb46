/** One entry of a file of a table, and where it stands. */
export interface TableLine {
  readonly key: string;
  /** Null where nothing stands behind the key, and in lists, of which a line is one word. */
  readonly value: string | null;
  /** Where its text begins in the file, and ends. */
  readonly start: number;
  readonly end: number;
}

/**
 * The entries of a file, `key` a line, or `key value` where it is of a map; `#` begins a comment at
 * the start of a line or behind a space. Lines come one by one, so that a reader of a million can
 * pause.
 */
export function* tableLines(text: string, isMap: boolean): Generator<TableLine> {
  for (let from = 0; from < text.length;) {
    const found = text.indexOf('\n', from);
    const lineEnd = found === -1 ? text.length : found;
    const line = text.slice(from, lineEnd);
    const words = withoutComment(line);
    if (words !== '') {
      const start = from + line.indexOf(words);
      const space = isMap ? words.search(/\s/) : -1;
      const key = space === -1 ? words : words.slice(0, space);
      const value = space === -1 ? null : words.slice(space).trim();
      yield { key, value, start, end: start + words.length };
    }
    from = lineEnd + 1;
  }
}

function withoutComment(line: string): string {
  for (let at = line.indexOf('#'); at !== -1; at = line.indexOf('#', at + 1)) {
    if (at === 0 || /\s/.test(line[at - 1] ?? '')) return line.slice(0, at).trim();
  }
  return line.trim();
}
