import { appendFileSync } from 'node:fs';

/** True when the full counts of kills, mutations and soaks are asked for (`npm run prove`). */
export const isProving = process.env['TURNOUT_PROVE'] === 'full';

/** A count that is small in `npm test` and full in `npm run prove`. */
export function count(small: number, full: number): number {
  return isProving ? full : small;
}

/**
 * Prints measured numbers as one line, and hands them to the report that `npm run prove` writes.
 * Numbers are reported, and only what the issue at hand demands is asserted.
 */
export function reportNumbers(title: string, numbers: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`numbers: ${title} ${JSON.stringify(numbers)}\n`);
  const file = process.env['TURNOUT_PROVE_NUMBERS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ title, numbers })}\n`);
}
