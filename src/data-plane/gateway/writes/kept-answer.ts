import { type Answer, type Exchange, header } from '../../exchange.ts';
import type { CompiledQueue } from './compile-queue.ts';
import { keptPage } from './write-pages.ts';

/** Where the fate of each write is told; its token follows. */
export const WRITES_PATH = '/.well-known/turnout/writes/';
/** When it is worth to ask again. */
export const ASK_AGAIN_SECONDS = '5';

interface Kept {
  readonly token: string;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
}

/** Says that a write is kept for good, once it is on disk, and where its fate is told. */
export function keptAnswer(exchange: Exchange, queue: CompiledQueue, kept: Kept): Answer {
  const statusUrl = `${WRITES_PATH}${kept.token}`;
  const { headers } = exchange.request;
  const isOfForm = isForm(headers);
  if (isOfForm && queue.page !== null) {
    // The page learns of it by script alone: what is behind # goes to no server and into no log.
    const location = `${queue.page}#${statusUrl}`;
    return {
      status: 303,
      headers: ['location', location, 'cache-control', 'no-store'],
      body: null,
    };
  }
  const common = ['location', statusUrl, 'cache-control', 'no-store', 'referrer-policy'];
  common.push('no-referrer', 'retry-after', ASK_AGAIN_SECONDS);
  if (prefersAsync(headers)) common.push('preference-applied', 'respond-async');
  if (isOfForm) {
    return {
      status: 202,
      headers: ['content-type', 'text/html; charset=utf-8', ...common],
      body: keptPage(statusUrl),
    };
  }
  const told = {
    status: 'queued',
    statusUrl,
    acceptedAt: new Date(kept.acceptedAtMs).toISOString(),
    expiresAt: new Date(kept.expiresAtMs).toISOString(),
  };
  return {
    status: 202,
    headers: ['content-type', 'application/json', ...common],
    body: Buffer.from(`${JSON.stringify(told)}\n`),
  };
}

/** A form that a browser sends by itself: its answer is looked at, not read by a script. */
function isForm(headers: readonly string[]): boolean {
  const type = header(headers, 'content-type') ?? '';
  const sends = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type);
  return sends && wantsHtml(headers);
}

export function wantsHtml(headers: readonly string[]): boolean {
  return /\btext\/html\b/i.test(header(headers, 'accept') ?? '');
}

function prefersAsync(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const isPrefer = headers[i] === 'prefer';
    if (isPrefer && /(?:^|[,;])\s*respond-async\s*(?:$|[,;])/i.test(headers[i + 1] ?? '')) {
      return true;
    }
  }
  return false;
}
