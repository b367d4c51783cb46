import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CachedSite } from './cached-site.ts';

export const digits = '0123456789';
export const fresh = { 'cache-control': 'max-age=60', etag: '"v1"' };
export type Headers = Readonly<Record<string, string>>;

/** An origin that gives the ranges it is asked for, and all of it where If-Range does not hold. */
export function ranged(content = digits, headers: Headers = fresh) {
  const asked: (string | undefined)[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { range } = request.headers;
    asked.push(range);
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
    const condition = request.headers['if-range'];
    const isOther = condition !== undefined && condition !== headers.etag;
    if ((first === '' && last === '') || isOther) {
      response.writeHead(200, headers).end(content);
      return;
    }
    const start = first === '' ? content.length - Number(last) : Number(first);
    const end = first === '' || last === '' ? content.length : Number(last) + 1;
    const contentRange = `bytes ${start}-${end - 1}/${content.length}`;
    const part = content.slice(start, end);
    response.writeHead(206, { ...headers, 'content-range': contentRange }).end(part);
  };
  return { asked, answer };
}

/** The answer, and what our cache did. */
export async function askRange(site: CachedSite, range: string | null, headers: Headers = {}) {
  const answer = await site.ask('/', { headers: range === null ? headers : { range, ...headers } });
  return {
    told: [answer.status, answer.body, answer.headers['content-range'], answer.did],
    headers: answer.headers,
  };
}
