import type { Readable } from 'node:stream';

import { type Answer, header } from '../../exchange.ts';
import { ONE_WRITE_BYTES } from './write-at-once.ts';

/** What is sent of the body, and how long it is said to be: null where nobody knows. */
export interface Framed {
  readonly body: Uint8Array | Readable | null;
  readonly length: number | null;
}

/** A body that nobody is to get is destroyed. */
export function framed({ body, headers, status }: Answer, method: string | undefined): Framed {
  const said = header(headers, 'content-length');
  if (method === 'HEAD' || status === 204 || status === 304) {
    if (body !== null && !(body instanceof Uint8Array)) body.destroy();
    if (status === 204 || status === 304) return { body: null, length: null };
    const length = said ?? (body instanceof Uint8Array ? body.length : null);
    return { body: null, length: length === null ? null : Number(length) };
  }
  if (body === null) return { body, length: 0 };
  if (body instanceof Uint8Array) return { body, length: body.length };
  return { body, length: said === undefined ? null : Number(said) };
}

/** In one write with the head; null is no body at all. */
export function isShort(body: Uint8Array | Readable | null): body is Uint8Array | null {
  return body === null || (body instanceof Uint8Array && body.length <= ONE_WRITE_BYTES);
}
