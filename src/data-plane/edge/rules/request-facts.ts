import type { RequestView } from '../../../lib/conditions/request-view.ts';
import type { ExchangeRequest } from '../../exchange.ts';
import type { Geography } from './geography.ts';

/**
 * One request as conditions see it. What has to be parsed or looked up is, once, when a condition
 * asks for it: most requests meet no rule that does.
 */
export class RequestFacts implements RequestView {
  readonly #request: ExchangeRequest;
  readonly #geography: Geography;
  #query: ReadonlyMap<string, string> | null = null;
  #headers: ReadonlyMap<string, string> | null = null;
  #cookies: ReadonlyMap<string, string> | null = null;
  /** Rules that follow each other tend to look at the same header. */
  #lastName = '';
  #lastValue: string | undefined = undefined;

  constructor(request: ExchangeRequest, geography: Geography) {
    this.#request = request;
    this.#geography = geography;
  }

  get method(): string {
    return this.#request.method;
  }

  get host(): string {
    return this.#request.host;
  }

  get path(): string {
    return this.#request.path;
  }

  get query(): ReadonlyMap<string, string> {
    return (this.#query ??= readQuery(this.#request.query));
  }

  get headers(): ReadonlyMap<string, string> {
    return (this.#headers ??= readHeaders(this.#request.headers));
  }

  header(name: string): string | undefined {
    if (name === this.#lastName) return this.#lastValue;
    const { headers } = this.#request;
    let value: string | undefined;
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i] !== name) continue;
      value = value === undefined ? headers[i + 1] : `${value}, ${headers[i + 1]}`;
    }
    this.#lastName = name;
    this.#lastValue = value;
    return value;
  }

  get cookies(): ReadonlyMap<string, string> {
    return (this.#cookies ??= readCookies(this.#request.headers));
  }

  get bodyBytes(): bigint {
    const { body } = this.#request;
    return body === null ? 0n : BigInt(body.lengthBytes ?? -1);
  }

  get address(): string {
    return this.#request.client.address;
  }

  get country(): string {
    return this.#geography.country(this.address);
  }

  get asNumber(): bigint {
    return this.#geography.network(this.address).number;
  }

  get asName(): string {
    return this.#geography.network(this.address).name;
  }

  get trustedHop(): boolean {
    return this.#request.client.isThroughTrustedHop;
  }
}

const none: ReadonlyMap<string, string> = new Map();

/** As forms write it: `+` is a space. What comes more than once is joined, so that none hides. */
function readQuery(query: string | null): ReadonlyMap<string, string> {
  if (query === null || query === '') return none;
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) add(found, name, value);
  return found;
}

function readHeaders(flat: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) add(found, flat[i] ?? '', flat[i + 1] ?? '');
  return found;
}

/** The pairs of `Cookie` (RFC 6265, section 4.2.1), values as they are written. */
function readCookies(headers: readonly string[]): ReadonlyMap<string, string> {
  let found: Map<string, string> | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'cookie') continue;
    found ??= new Map();
    for (const pair of (headers[i + 1] ?? '').split(';')) {
      const at = pair.indexOf('=');
      if (at > 0) add(found, pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
  }
  return found ?? none;
}

function add(found: Map<string, string>, name: string, value: string): void {
  const before = found.get(name);
  found.set(name, before === undefined ? value : `${before}, ${value}`);
}
