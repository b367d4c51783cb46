import { lineText, placeOf, type Place, type SourceFile } from '../source/source-file.ts';
import type { ProblemCode } from './codes.ts';

/**
 * One thing wrong with a site's manifests, complete enough to be mended without opening the
 * documentation.
 */
export interface Problem {
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the manifest: `features.donate.ladder`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly expected: string | null;
  readonly remedy: string;
  /** The line it is on, and a line of carets under the part that is meant. */
  readonly excerpt: string;
  /** The other places that belong to it, such as the route that was there first. */
  readonly also: readonly RelatedPlace[];
}

export interface RelatedPlace extends Place {
  readonly what: string;
  readonly excerpt: string;
}

/** Part of a file's text, to be shown. */
export interface Spot {
  readonly source: SourceFile;
  readonly start: number;
  readonly end: number;
}

const widest = 96;

/** A manifest must not steer the terminal it is shown on; a tab would move the carets. */
const controls = /\p{Cc}/gu;

/**
 * The line a spot is on with carets under it; a long line is cut around the spot, with … for what
 * is left out.
 */
export function excerptOf(spot: Spot): string {
  const { line, column } = placeOf(spot.source, spot.start);
  const full = lineText(spot.source, line).replaceAll(controls, ' ');
  const from = full.length > widest && column > widest - 24 ? column - 24 : 0;
  const cut = full.slice(from, from + widest);
  const before = from > 0 ? '…' : '';
  const after = from + widest < full.length ? '…' : '';
  const at = column - 1 - from;
  const length = Math.max(1, Math.min(spot.end - spot.start, cut.length - at));
  const number = String(line);
  return (
    `${number} | ${before}${cut}${after}\n` +
    `${' '.repeat(number.length)} | ${' '.repeat(before.length + at)}${'^'.repeat(length)}`
  );
}
