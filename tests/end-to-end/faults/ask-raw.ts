import { request } from 'node:http';
import type { RawAnswer } from '../../support/raw-get.ts';

export interface RawQuestion {
  readonly method: string;
  readonly path: string;
  readonly cookie?: string;
  /** Sent as `Idempotency-Key`. */
  readonly key?: string;
  readonly body?: object;
}

const PATIENCE_MS = 15_000;

/**
 * One question on a connection of its own; rejects where no answer comes. What may be sent twice is
 * sent once more after a reset, which a worker that goes costs on a machine without
 * `net.ipv4.tcp_migrate_req=1` (docs/guide/running.md).
 */
export async function askRaw(origin: string, question: RawQuestion): Promise<RawAnswer> {
  const mayRepeat = question.method === 'GET' || question.key !== undefined;
  return askOnce(origin, question).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' || !mayRepeat) throw error;
    return askOnce(origin, question);
  });
}

function askOnce(origin: string, question: RawQuestion): Promise<RawAnswer> {
  const text = question.body === undefined ? null : JSON.stringify(question.body);
  const headers = {
    ...(text === null ? {} : { 'content-type': 'application/json' }),
    ...(text === null ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
    ...(question.cookie === undefined ? {} : { cookie: question.cookie }),
    ...(question.key === undefined ? {} : { 'idempotency-key': `"${question.key}"` }),
  };
  const { method, path } = question;
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, origin), { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const named = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
        const all = Object.fromEntries(named) as Record<string, string>;
        resolve({ status: answer.statusCode ?? 0, headers: all, body: Buffer.concat(chunks) });
      });
    });
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error('no answer in time')));
    sent.on('error', reject);
    sent.end(text);
  });
}
