import type { WriteStream } from 'node:tty';

/**
 * Whether a stream is a terminal whose user has not declined colour (https://no-color.org, and
 * TERM=dumb).
 */
export function wantsColour(stream: Pick<WriteStream, 'isTTY'>): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
