import { h, type JSX } from 'preact';

/** The first twelve digits of a digest, with the whole of it for those who point at it. */
export function shortDigest(digest: string): JSX.Element {
  const [, hex = digest] = digest.split(':');
  return h('code', { class: 'digest', title: digest }, hex.slice(0, 12));
}

/** `14 s`, `5 min`, `3 h 20 min`, `2 d 4 h`; browser/live.js says it the same way. */
export function shortDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * How long something has lasted at the time of the status; the browser goes on counting from
 * `since`.
 */
export function elapsed(asOf: string, durationMs: number): JSX.Element {
  const since = new Date(Date.parse(asOf) - durationMs).toISOString();
  return h('time', { datetime: since, 'data-since': since }, shortDuration(durationMs));
}

/** A time of day in UTC, with the whole instant for machines. */
export function clockTime(instant: string): JSX.Element {
  return h('time', { datetime: instant, title: instant }, `${instant.slice(11, 19)} UTC`);
}

/** A day and a time of it in UTC, for what may be long ago or far ahead. */
export function dayTime(instant: string): JSX.Element {
  const text = `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
  return h('time', { datetime: instant, title: instant }, text);
}

/** Text in which what stands between backticks is code: `run turnout status`. */
export function withCode(text: string): readonly (JSX.Element | string)[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? h('code', null, part) : part));
}

/** `1 instance`, `2 instances`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function namesInWords(names: readonly string[], most = 3): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const words = rest > 0 ? [...shown, `${rest} more`] : [...shown];
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
