import { INSTANCE, SERVICE } from '../contract/environment.ts';
import { requestContext } from './request-context.ts';

/** Values that JSON cannot say (an Error, a BigInt) are written as text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A longer line loses its fields, not its message, so that every line parses. */
const LINE_LIMIT_CHARACTERS = 16_384;
const MESSAGE_LIMIT_CHARACTERS = 4_096;

/**
 * The service's log: one JSON object a line on standard output, with `time`, `level`, `message`,
 * `service`, `instance` and, within a request, `request`; then the fields. Never throws.
 */
export const log = {
  info: (message: string, fields?: LogFields): void => write('info', message, fields),
  warn: (message: string, fields?: LogFields): void => write('warn', message, fields),
  error: (message: string, fields?: LogFields): void => write('error', message, fields),
};

function write(level: 'info' | 'warn' | 'error', message: string, fields: LogFields = {}): void {
  const request = requestContext.getStore()?.requestId;
  const head = {
    time: new Date().toISOString(),
    level,
    message: message.slice(0, MESSAGE_LIMIT_CHARACTERS),
    service: process.env[SERVICE],
    instance: process.env[INSTANCE],
    ...(request === undefined ? {} : { request }),
  };
  process.stdout.write(`${line(head, fields)}\n`);
}

function line(head: object, fields: LogFields): string {
  try {
    const text = JSON.stringify({ ...head, ...own(head, fields) }, sayable);
    if (text.length <= LINE_LIMIT_CHARACTERS) return text;
  } catch {
    // A field that holds itself, or a getter that throws: the message is what must get out.
  }
  return JSON.stringify({ ...head, truncated: true });
}

/** No field may pass for a member of the head. */
function own(head: object, fields: LogFields): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in head)));
}

function sayable(_: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? String(value);
  return typeof value === 'bigint' ? value.toString() : value;
}
