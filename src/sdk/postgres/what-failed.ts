/**
 * What an error of the driver says about the server that it came from.
 *
 * - `lost`: it cannot be reached, or does not take us: another one may.
 * - `slow`: no answer came in time, which may be its fault or the statement's.
 * - `not-primary`: it is well and takes no writes.
 * - `full`: it is well and has no room, memory or connections for this.
 * - `conflict`: a replica gave up a read that stood in the way of its replication.
 * - `statement`: it is well, and the statement is not.
 */
export type WhatFailed = 'lost' | 'slow' | 'not-primary' | 'full' | 'conflict' | 'statement';

const lostCodes = new Set(
  [
    // Shut down, crashed, starting, ended for idling, database gone (PostgreSQL, appendix A).
    '57P01 57P02 57P03 57P04 57P05 25P03 3D000',
    'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EHOSTDOWN',
    'ENETDOWN ENOTFOUND EAI_AGAIN EADDRNOTAVAIL EPROTO',
  ].flatMap((line) => line.split(' ')),
);

/** The driver's own errors, which have no code. */
const slowMessages = [
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
];
const lostMessages = [
  'Connection terminated',
  'is not queryable',
  'Cannot use a pool after calling end',
  'The server does not support SSL connections',
  'SASL:',
];

export function whatFailed(error: unknown): WhatFailed {
  if (!(error instanceof Error)) return 'statement';
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') {
    if (code === '25006') return 'not-primary';
    if (code === '57014' && error.message.includes('timeout')) return 'slow';
    if (code === '40001' && error.message.includes('conflict with recovery')) return 'conflict';
    if (lostCodes.has(code) || /^(?:08|28)...$/.test(code)) return 'lost';
    return /^53...$/.test(code) ? 'full' : 'statement';
  }
  const says = (message: string): boolean => error.message.includes(message);
  if (slowMessages.some(says)) return 'slow';
  return lostMessages.some(says) ? 'lost' : 'statement';
}

/** An error in a few words, for logs and reasons; never a URL, which holds a password. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  const message =
    error.message === '' && error instanceof AggregateError ? 'no way there' : error.message;
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
}
