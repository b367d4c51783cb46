/**
 * A request and its client as conditions see them. Whole numbers are bigint, since CEL's have 64
 * bits.
 */
export interface RequestView {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** By lower-case name; what came in several lines is joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** One of them, for less than all of them cost. */
  header(name: string): string | undefined;
  readonly cookies: ReadonlyMap<string, string>;
  /** -1 where the length is not said ahead. */
  readonly bodyBytes: bigint;
  readonly address: string;
  /** Empty where it is not known. */
  readonly country: string;
  /** 0 where it is not known. */
  readonly asNumber: bigint;
  readonly asName: string;
  readonly trustedHop: boolean;
}

/** What conditions call the parts of a request, and of which type each is. */
export const requestFields = {
  'request.method': ['method', 'text'],
  'request.host': ['host', 'text'],
  'request.path': ['path', 'text'],
  'request.query': ['query', 'map'],
  'request.headers': ['headers', 'map'],
  'request.cookies': ['cookies', 'map'],
  'request.body_bytes': ['bodyBytes', 'int'],
  'client.address': ['address', 'text'],
  'client.country': ['country', 'text'],
  'client.as_number': ['asNumber', 'int'],
  'client.as_name': ['asName', 'text'],
  'client.trusted_hop': ['trustedHop', 'bool'],
} as const satisfies Record<string, readonly [keyof RequestView, ExpressionType]>;

export type RequestField = keyof typeof requestFields;

export type ExpressionType = 'bool' | 'text' | 'int' | 'double' | 'map' | 'addresses' | 'list';
