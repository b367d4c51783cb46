/**
 * What stages look for in the headers of every request, a bit each: what nobody sent is not looked
 * for in a list.
 */
export const headerMarks = {
  /** Only a part is asked for. */
  range: 1,
  /** The client holds an answer, and asks whether it is the one. */
  held: 2,
  /** Conditions that only the origin may judge, and names of another request than the key's. */
  forOriginAlone: 4,
} as const;

const named: ReadonlyMap<string, number> = new Map([
  ['range', headerMarks.range],
  ['if-none-match', headerMarks.held],
  ['if-modified-since', headerMarks.held],
  // Only the origin may judge these two (RFC 9111, section 4.3.2).
  ['if-match', headerMarks.forOriginAlone],
  ['if-unmodified-since', headerMarks.forOriginAlone],
  // Some services answer another request than the one that is the key where these are said.
  ['x-http-method', headerMarks.forOriginAlone],
  ['x-http-method-override', headerMarks.forOriginAlone],
  ['x-method-override', headerMarks.forOriginAlone],
  ['x-original-url', headerMarks.forOriginAlone],
  ['x-rewrite-url', headerMarks.forOriginAlone],
]);

/** The marks of a header, by its lower-case name; 0 for most. */
export function marksOf(name: string): number {
  return named.get(name) ?? 0;
}
