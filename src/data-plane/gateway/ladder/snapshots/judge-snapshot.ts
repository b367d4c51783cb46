import { joined, without } from '../../../edge/cache/flat-headers.ts';
import { keptHeaders } from '../../../edge/cache/stored-headers.ts';
import type { Answer } from '../../../exchange.ts';
import { mediaType } from '../../../media-type.ts';
import { judgeLastGood } from '../judge-last-good.ts';

/** Told to those who ask about the connection, or about the moment. */
const ofTheMoment = new Set(['age', 'cache-status', 'retry-after']);

/**
 * The headers to keep of an answer that may take the place of the snapshot before it; a string says
 * why it may not: it is no whole good answer for everybody, or not the kind of thing that the file
 * is which it stands for.
 */
export function judgeSnapshot(
  answer: Pick<Answer, 'status' | 'headers'>,
  body: Buffer,
  file: string,
  nowMs: number,
): { readonly headers: readonly string[] } | string {
  if (answer.status !== 200) return `its status is ${answer.status}`;
  const judgement = judgeLastGood({ method: 'GET', headers: [] }, answer, nowMs);
  if (judgement === null) return 'it is not for everybody, or not to be kept';
  if (body.length === 0) return 'it is empty';
  if (joined(answer.headers, 'content-encoding') !== undefined) return 'it is encoded';
  const said = essence(joined(answer.headers, 'content-type') ?? '');
  const wanted = essence(mediaType(file));
  if (said !== wanted) return `it is ${said === '' ? 'of no type' : said} and not ${wanted}`;
  if (/[/+]json$/.test(wanted) && !isJson(body)) return 'it is no JSON';
  return { headers: without(keptHeaders(answer.headers, judgement, nowMs), ofTheMoment) };
}

function essence(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
