/** A value of a structured field (RFC 9651, section 3.3), with the type that it is written in. */
export type BareItem =
  | { readonly kind: 'integer' | 'decimal'; readonly value: number }
  /** A `string` holds visible ASCII and spaces; a `display` string any Unicode. */
  | { readonly kind: 'string' | 'token' | 'display'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** Seconds since the epoch. */
  | { readonly kind: 'date'; readonly value: number };

export type Parameters = ReadonlyMap<string, BareItem>;

export type Item = BareItem & { readonly parameters: Parameters };

export type Member =
  | Item
  | { readonly kind: 'list'; readonly items: readonly Item[]; readonly parameters: Parameters };

/** In the order in which they are written. */
export type Dictionary = ReadonlyMap<string, Member>;

export const noParameters: Parameters = new Map();
