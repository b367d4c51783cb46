import { writeSync } from 'node:fs';
import type { JsonValue } from './json.ts';

export type LogFields = Readonly<Record<string, JsonValue>>;

/**
 * Our own processes' log: one JSON object a line with `time`, `level`, `process`, `message`, then
 * the fields.
 */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Says what is being done to a person who waits for it: `up` and `down` show these lines. */
  progress(message: string, fields?: LogFields): void;
}

/**
 * Longest line written. A longer one loses its fields, not its message, so that every line parses.
 * Below PIPE_BUF's cousin for files: one `write` to a file opened O_APPEND lands whole, whoever
 * else appends.
 */
const lineLimitBytes = 16_384;

/**
 * A log that writes to an open file descriptor at once, so that the last line before a crash is
 * there.
 *
 * It never throws: a process that serves must not die of a full disk. Lines lost that way are
 * counted, and the count is written as soon as a line gets through.
 */
export function createLog(fd: number, processId: string): Log {
  let lost = 0;
  const write = (level: string, message: string, fields: LogFields = {}): void => {
    const head = { time: new Date().toISOString(), level, process: processId, message };
    let line = JSON.stringify(lost === 0 ? { ...head, ...fields } : { ...head, lost, ...fields });
    if (line.length > lineLimitBytes) {
      line = JSON.stringify({ ...head, message: message.slice(0, 4_096), truncated: true });
    }
    try {
      writeSync(fd, `${line}\n`);
      lost = 0;
    } catch {
      lost += 1;
    }
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    progress: (message, fields) => write('info', message, { ...fields, progress: true }),
  };
}
