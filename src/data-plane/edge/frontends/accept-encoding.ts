import type { Coding } from '../../../contract/frontend-release.ts';

/** How much the client wants each coding, 0 to 1; 0 is a refusal (RFC 9110 12.4.2). */
export type EncodingWeights = { readonly [coding in Coding | 'identity']: number };

/** Not named and not refused: acceptable, but anything that was asked for comes first. */
const unnamedIdentity = 0.000_1;

/**
 * What counts when the header is absent: any coding would be allowed, but only this one is sure to
 * be understood.
 */
const identityOnly: EncodingWeights = { br: 0, zstd: 0, gzip: 0, identity: 1 };

/** Browsers send a handful of values; anything beyond is parsed each time. */
const memo = { entries: 256, characters: 256 };

/** Reads `Accept-Encoding` values, and remembers those that come again and again. */
export function createEncodingReader(): (value: string | undefined) => EncodingWeights {
  const known = new Map<string, EncodingWeights>();
  return (value) => {
    if (value === undefined) return identityOnly;
    const found = known.get(value);
    if (found !== undefined) return found;
    const weights = readAcceptEncoding(value);
    if (value.length <= memo.characters && known.size < memo.entries) known.set(value, weights);
    return weights;
  };
}

/** RFC 9110 12.5.3. A malformed member is passed over; `x-gzip` is gzip (8.4.1.3). */
export function readAcceptEncoding(value: string): EncodingWeights {
  const named = new Map<string, number>();
  for (const member of value.toLowerCase().split(',')) {
    const match =
      /^\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/.exec(
        member,
      );
    if (match === null) continue;
    const name = match[1] === 'x-gzip' ? 'gzip' : (match[1] as string);
    named.set(name, match[2] === undefined ? 1 : Number(match[2]));
  }
  const rest = named.get('*');
  const weightOf = (coding: string, unnamed: number): number =>
    named.get(coding) ?? rest ?? unnamed;
  return {
    br: weightOf('br', 0),
    zstd: weightOf('zstd', 0),
    gzip: weightOf('gzip', 0),
    identity: weightOf('identity', unnamedIdentity),
  };
}
