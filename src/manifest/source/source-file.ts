/** One manifest file as it was read; lines are counted only when a position is asked for. */
export interface SourceFile {
  /** Relative to the site directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A place for people: line and column count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const lineStarts = new WeakMap<SourceFile, readonly number[]>();

/** The place of an offset; an offset outside the text is moved to its nearest end. */
export function placeOf(source: SourceFile, offset: number): Place {
  const starts = startsOf(source);
  const within = Math.max(0, Math.min(offset, source.text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= within) low = middle;
    else high = middle - 1;
  }
  return { file: source.path, line: low + 1, column: within - (starts[low] ?? 0) + 1 };
}

/** The text of a line, counted from 1, without its line end. */
export function lineText(source: SourceFile, line: number): string {
  const starts = startsOf(source);
  return source.text.slice(starts[line - 1] ?? 0, starts[line] ?? undefined).replace(/\r?\n$/, '');
}

function startsOf(source: SourceFile): readonly number[] {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  lineStarts.set(source, starts);
  return starts;
}
