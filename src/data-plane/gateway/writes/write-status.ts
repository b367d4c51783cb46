import { openOutcome } from '../../../contract/queued-write.ts';
import { type WriteKeys, writeIdOf } from '../../../contract/write-keys.ts';
import type { Writes, WriteStatus } from '../../../ports/writes/port.ts';
import { type Answer, type Exchange, header } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import { ASK_AGAIN_SECONDS, wantsHtml, WRITES_PATH } from './kept-answer.ts';
import { donePage, setAsidePage, waitingPage } from './write-pages.ts';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Who has the token may see it from any page; no cookie could give anybody away. */
const common = [
  'cache-control',
  'no-store',
  'referrer-policy',
  'no-referrer',
  'access-control-allow-origin',
  '*',
  'x-content-type-options',
  'nosniff',
];

interface Parts {
  readonly writes: Pick<Writes, 'find'>;
  readonly keys: WriteKeys | null;
}

/** Tells whoever has the token of a write what became of it. */
export async function writeStatus(exchange: Exchange, parts: Parts): Promise<Answer> {
  const { method, path, headers } = exchange.request;
  const isHtml = wantsHtml(headers);
  if (method !== 'GET' && method !== 'HEAD') {
    const detail = 'Use GET, HEAD.';
    return told(exchange, 'method-not-allowed', detail, ['allow', 'GET, HEAD']);
  }
  const token = path.slice(WRITES_PATH.length);
  if (!TOKEN.test(token)) return unknown(exchange);
  const id = writeIdOf(token);
  let status: WriteStatus | null;
  try {
    status = await parts.writes.find(id);
  } catch {
    const detail = 'How it stands cannot be told at the moment. What was kept is not lost.';
    return told(exchange, 'write-status-unavailable', detail, ['retry-after', ASK_AGAIN_SECONDS]);
  }
  switch (status?.kind) {
    case undefined:
      return unknown(exchange);
    case 'queued':
    case 'replaying':
      return waiting(status, isHtml);
    case 'done':
      return done(status, id, parts.keys, isHtml);
    case 'dead':
      return dead(exchange, status.reason, isHtml);
    case 'discarded':
      return dead(exchange, 'refused: by the operators of the site', isHtml);
  }
}

function waiting(
  status: Extract<WriteStatus, { kind: 'queued' | 'replaying' }>,
  isHtml: boolean,
): Answer {
  const headers = ['retry-after', ASK_AGAIN_SECONDS, ...common];
  if (isHtml) return html(202, waitingPage(ASK_AGAIN_SECONDS), headers);
  const { kind, acceptedAtMs, expiresAtMs, attempts } = status;
  const acceptedAt = new Date(acceptedAtMs).toISOString();
  const expiresAt = new Date(expiresAtMs).toISOString();
  return json(202, { status: kind, acceptedAt, expiresAt, attempts }, headers);
}

/** What the service answered, as it would have answered at first. */
function done(
  { feature, outcome }: Extract<WriteStatus, { kind: 'done' }>,
  id: string,
  keys: WriteKeys | null,
  isHtml: boolean,
): Answer {
  const kept = keys === null ? null : openOutcome(keys, feature, id, outcome);
  const isPage = /^text\/html\b/i.test(header(kept?.head.headers ?? [], 'content-type') ?? '');
  if (isHtml && !isPage) return html(200, donePage(), common);
  if (kept === null) return json(200, { status: 'done' }, common);
  const { status, headers, isCut } = kept.head;
  if (isCut) return json(status, { status: 'done', answered: status }, common);
  return { status, headers: [...headers, ...common], body: kept.body };
}

function dead(exchange: Exchange, reason: string, isHtml: boolean): Answer {
  const isRefused = reason.startsWith('refused');
  if (isHtml) return html(isRefused ? 422 : 410, setAsidePage(isRefused), common);
  return isRefused
    ? told(exchange, 'write-refused', `It was ${reason}.`, [])
    : told(exchange, 'write-set-aside', 'The operators of the site have it.', []);
}

function unknown(exchange: Exchange): Answer {
  const detail = 'Nothing was kept under this address, or its outcome is no longer kept.';
  return told(exchange, 'write-unknown', detail, []);
}

function told(
  exchange: Exchange,
  code: Parameters<typeof problemAnswer>[0],
  detail: string,
  headers: readonly string[],
): Answer {
  const [, , ...more] = common;
  return problemAnswer(code, { detail, requestId: exchange.id, headers: [...headers, ...more] });
}

function html(status: number, body: Uint8Array, headers: readonly string[]): Answer {
  return { status, headers: ['content-type', 'text/html; charset=utf-8', ...headers], body };
}

function json(status: number, value: unknown, headers: readonly string[]): Answer {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  return { status, headers: ['content-type', 'application/json', ...headers], body };
}
