import { IDEMPOTENCY_KEY, parseIdempotencyKey } from '../../../contract/idempotency-key.ts';
import { type WriteKeys, writeIdOf } from '../../../contract/write-keys.ts';
import { createHash } from 'node:crypto';

import type { Randomness } from '../../../ports/randomness/port.ts';
import { type Answer, type Exchange, HeadMemo, header } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import type { CompiledQueue } from './compile-queue.ts';
import type { BodyBudget } from './read-bounded-body.ts';

/** A write that can be queued should its feature fail: read whole, and known by its key. */
export interface PreparedWrite {
  readonly queue: CompiledQueue;
  readonly body: Uint8Array;
  /** What its order is kept by, as the request says it. */
  readonly order: string;
  /** The same as the log knows it. */
  readonly orderName: string;
  /** In the log. */
  readonly id: string;
  /** Opens its status page. */
  readonly token: string;
  /** The client said which key it has, so that a second try of it is the same write. */
  readonly isKeyed: boolean;
}

/** What became of a request whose route may queue it. */
export type Preparation =
  | { readonly kind: 'prepared'; readonly write: PreparedWrite }
  /** It goes on as any other, and cannot be queued. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'refused'; readonly answer: Answer };

interface Parts {
  readonly keys: WriteKeys;
  readonly randomness: Randomness;
  readonly bodies: BodyBudget;
}

/** What a queue takes at most of one request; a longer body goes on and cannot be queued. */
export const QUEUED_BODY_BYTES = 1024 * 1024;
const KEY_BYTES = 16;
const plain = { kind: 'plain' } as const;

/**
 * Reads the body of a write before its service is bothered, and sees to it that the request has an
 * idempotency key from its first attempt on: the client's, or one made here. Afterwards the
 * exchange carries both.
 */
export async function prepareWrite(
  exchange: Exchange,
  route: CompiledRoute,
  queue: CompiledQueue,
  { keys, randomness, bodies }: Parts,
): Promise<Preparation> {
  const said = saidKey(exchange);
  if (said === 'unreadable') return refused(exchange, 'idempotency-key-invalid', keyDetail);
  const { body } = exchange.request;
  const longestBytes = body === null ? 0 : (body.lengthBytes ?? route.bodyBytes);
  if (longestBytes > route.bodyBytes) return tooLarge(exchange, route);
  if (longestBytes > QUEUED_BODY_BYTES) return plain;
  const read = await bodies.read(exchange, longestBytes);
  if (read.kind === 'no-room') return plain;
  if (read.kind === 'too-large') return tooLarge(exchange, route);
  if (read.kind === 'incomplete') {
    return refused(exchange, 'bad-request', 'The body is not complete.');
  }
  const { bytes } = read;
  const caller = queue.credential === null ? null : callerOf(exchange, queue.credential);
  const key = said ?? Buffer.from(randomness.bytes(KEY_BYTES)).toString('base64url');
  carry(exchange, bytes, caller === null ? key : keyOfCaller(route.feature, caller, key));
  const order = queue.orderOf(exchange, bytes);
  // A caller who should be known and is not would be refused at the replay.
  if (order === null || (queue.credential !== null && caller === null)) return plain;
  const token = keys.token(identityOf(exchange, route.feature, caller, key, bytes));
  return {
    kind: 'prepared',
    write: {
      queue,
      body: bytes,
      order,
      orderName: keys.orderName(route.feature, order),
      id: writeIdOf(token),
      token,
      isKeyed: said !== null,
    },
  };
}

function saidKey({ request: { headers } }: Exchange): string | null | 'unreadable' {
  let key: string | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== IDEMPOTENCY_KEY) continue;
    const read: string | null = key === null ? parseIdempotencyKey(headers[i + 1] ?? '') : null;
    if (read === null) return 'unreadable';
    key = read;
  }
  return key;
}

function callerOf({ request }: Exchange, credential: string): string | null {
  return header(request.headers, credential) ?? null;
}

/** Two callers may have thought of the same key, and each means a write of its own. */
function keyOfCaller(feature: string, caller: string, key: string): string {
  const parts = [feature, caller, key].map((part) => `${part.length}:${part}`).join('');
  return createHash('sha256').update(parts).digest('base64url');
}

/**
 * What makes two requests the same write: they say the same of the same feature under the same key,
 * as the same caller. Who only guessed a key comes to no other's status.
 */
function identityOf(
  { request }: Exchange,
  feature: string,
  caller: string | null,
  key: string,
  body: Uint8Array,
): (string | Uint8Array)[] {
  const { method, host, path, query } = request;
  return [feature, caller ?? '', key, method, host, path, query ?? '', body];
}

/** The request as it is sent to the service, now and at a replay. */
function carry(exchange: Exchange, bytes: Uint8Array, key: string): void {
  const { request } = exchange;
  const headers: string[] = [];
  for (let i = 0; i < request.headers.length; i += 2) {
    if (request.headers[i] === IDEMPOTENCY_KEY) continue;
    headers.push(request.headers[i] ?? '', request.headers[i + 1] ?? '');
  }
  headers.push(IDEMPOTENCY_KEY, `"${key.replaceAll(/["\\]/g, '\\$&')}"`);
  const body =
    request.body === null ? null : { ...request.body, lengthBytes: bytes.length, whole: bytes };
  exchange.request = { ...request, headers, memo: new HeadMemo(), body, expectContinue: false };
}

const keyDetail =
  'Send Idempotency-Key once, as a quoted string of 1 to 200 printable characters, ' +
  'such as "8e03978e-40d5".';

function tooLarge(exchange: Exchange, route: CompiledRoute): Preparation {
  return refused(exchange, 'body-too-large', `At most ${route.bodyBytes} bytes are taken here.`);
}

function refused(
  exchange: Exchange,
  code: Parameters<typeof problemAnswer>[0],
  detail: string,
): Preparation {
  return { kind: 'refused', answer: problemAnswer(code, { detail, requestId: exchange.id }) };
}
