import { STATUS_CODES } from 'node:http';

import { type Answer, header, type WireText } from '../../exchange.ts';

/** Status line and fields with the length, where there is one. */
export function headOf(answer: Answer, length: number | null): Pick<WireText, 'head' | 'hasDate'> {
  const lengthLine = length === null ? '' : `content-length: ${length}\r\n`;
  return {
    head: statusLine(answer) + fieldLines(answer.headers, length !== null) + lengthLine,
    hasDate: header(answer.headers, 'date') !== undefined,
  };
}

const statusLines = new Map<number, string>();

function statusLine({ status, reason }: Answer): string {
  if (reason !== undefined) {
    if (notInValue.test(reason))
      throw new TypeError('the reason phrase holds what cannot be in one');
    return `HTTP/1.1 ${status} ${reason}\r\n`;
  }
  const known = statusLines.get(status);
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  statusLines.set(status, line);
  return line;
}

/** What would end a line, or is no character of a value (RFC 9110, section 5.5). */
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;
const notInName = /[^!#$%&'*+.^_`|~0-9a-z-]/;

/** Framing is written by us alone, and never copied. */
function fieldLines(headers: readonly string[], hasLength: boolean): string {
  let text = '';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (notInValue.test(value) || notInName.test(name)) {
      throw new TypeError(`the header ${JSON.stringify(name)} holds what cannot be in one`);
    }
    if (hasLength && name === 'content-length') continue;
    if (name === 'transfer-encoding' || name === 'connection') continue;
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** What this answer alone says beside its headers. */
export function moreLines(more: readonly string[] | undefined): string {
  if (more === undefined) return '';
  let text = '';
  for (let i = 0; i < more.length; i += 2) text += `${more[i]}: ${more[i + 1]}\r\n`;
  return text;
}

/** The end of the head: in few pieces, as it is all that is not the same for many. */
export function lastLines(requestId: string | null, isLast: boolean): string {
  const end = isLast ? '\r\nconnection: close\r\n\r\n' : '\r\n\r\n';
  return requestId === null ? end.slice(2) : `x-request-id: ${requestId}${end}`;
}

let dateAtMs = -Infinity;
let dateText = '';

/** Made anew once a second, as seconds are what it tells. */
export function dateLine(nowMs: number): string {
  if (nowMs - dateAtMs >= 1_000 || nowMs < dateAtMs) {
    // On the second, so that it is never a second late.
    const epochMs = Date.now();
    dateAtMs = nowMs - (epochMs % 1_000);
    dateText = `date: ${new Date(epochMs).toUTCString()}\r\n`;
  }
  return dateText;
}
