import { STATUS_CODES } from 'node:http';

/**
 * A status line and headers with the empty line, for where Node's response object does not write
 * them.
 */
export function headText(
  status: number,
  headers: readonly string[],
  reason: string = STATUS_CODES[status] ?? '',
): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
