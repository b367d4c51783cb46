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
  /** Another address than the one asked for. */
  ofAddress: 8,
} as const;

/**
 * By these some services build links, or choose what to answer, and most that answer so say
 * nothing of it in Vary (Kettle, "Practical Web Cache Poisoning"). Hops set some of them on all
 * requests, so they are no reason to go past a cache.
 */
const ofAddress = [
  'front-end-https',
  'x-forwarded-path',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-forwarded-uri',
  'x-host',
  'x-http-host-override',
  'x-invoke-path',
  'x-invoke-status',
  'x-middleware-prefetch',
  'x-middleware-subrequest',
  'x-original-host',
  'x-original-uri',
  'x-override-url',
  'x-proxy-url',
  'x-real-host',
  'x-url-scheme',
];

const named: ReadonlyMap<string, number> = new Map<string, number>([
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
  ...ofAddress.map((name) => [name, headerMarks.ofAddress] as const),
]);

/** The marks of a header, by its lower-case name; 0 for most. */
export function marksOf(name: string): number {
  return named.get(name) ?? 0;
}
