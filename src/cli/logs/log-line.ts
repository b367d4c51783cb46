/** One line of a log, and when it was written as far as it says so. */
export interface LogLine {
  readonly source: string;
  /**
   * Milliseconds since the epoch; a line without a time of its own has that of the line before it,
   * if any.
   */
  readonly atMs: number | null;
  readonly text: string;
}

/**
 * When a line says it was written: JSON with a `time` (or `timestamp`, `ts`, `@timestamp`), or an
 * ISO date in front.
 */
export function timeOfLine(text: string): number | null {
  if (text.startsWith('{')) return timeOfJson(text);
  const iso = /^\[?(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)/;
  const match = iso.exec(text)?.[1];
  return match === undefined ? null : finite(Date.parse(match.replace(',', '.')));
}

const earliestMs = Date.parse('2000-01-01T00:00:00Z');

function timeOfJson(text: string): number | null {
  const value = parseObject(text);
  const time = value?.['time'] ?? value?.['timestamp'] ?? value?.['ts'] ?? value?.['@timestamp'];
  if (typeof time === 'string') return finite(Date.parse(time));
  if (typeof time !== 'number') return null;
  // Some loggers count seconds: nothing was logged in milliseconds before the year 2000.
  return finite(time < earliestMs ? time * 1_000 : time);
}

/** One of our own processes' lines for a person; any other line as it is. */
export function readableText(text: string): string {
  const value = text.startsWith('{') ? parseObject(text) : null;
  if (value === null || typeof value['message'] !== 'string') return text;
  const { time, level, process: _process, message, progress: _progress, ...fields } = value;
  const rest = Object.entries(fields).map(([name, field]) => `${name}=${plain(field)}`);
  return [String(time ?? ''), String(level ?? ''), message, ...rest].filter(Boolean).join(' ');
}

function plain(value: unknown): string {
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
