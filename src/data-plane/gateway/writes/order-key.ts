import { header, type Exchange } from '../../exchange.ts';

/** Of a request and its whole body: what its order is kept by; null where it does not say. */
export type OrderKeyReader = (exchange: Exchange, body: Uint8Array) => string | null;

/** Longer ones are no names of anything. */
const LONGEST = 512;

/**
 * Compiles `body.email`, `path.id`, `query.list` or `header.x-account` of a route. Of a body JSON
 * and forms are read; numbers, text and truth count, objects and lists do not.
 */
export function compileOrderKey(by: string, path: string): OrderKeyReader {
  const [place = '', ...names] = by.split('.');
  const name = names.join('.');
  switch (place) {
    case 'header':
      return (exchange) => usable(header(exchange.request.headers, name.toLowerCase()));
    case 'query':
      return (exchange) => usable(new URLSearchParams(exchange.request.query ?? '').get(name));
    case 'path': {
      const at = path.split('/').indexOf(`:${name}`);
      if (at === -1) return () => null;
      return (exchange) => usable(exchange.request.path.split('/')[at]);
    }
    case 'body':
      return (exchange, body) => usable(fieldOf(exchange, body, names));
    default:
      throw new Error(`${by} is no key that order is kept by`);
  }
}

function fieldOf(exchange: Exchange, body: Uint8Array, names: readonly string[]): unknown {
  const type = header(exchange.request.headers, 'content-type') ?? '';
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    return new URLSearchParams(text).get(names.join('.'));
  }
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function usable(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string' || value === '' || value.length > LONGEST) return null;
  return value;
}
