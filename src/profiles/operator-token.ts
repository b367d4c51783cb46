import { readFile } from 'node:fs/promises';
import type { Clock } from '../ports/clock/port.ts';

/** How long what was read holds, however many ask. */
const LIVES_MS = 1_000;

/**
 * The bearer token that the controller made for operators; null while there is none. Read anew when
 * it is asked for, at most once a second and never on the event loop.
 */
export function openOperatorToken(
  file: string,
  clock: Pick<Clock, 'monotonicMs'>,
): () => Promise<string | null> {
  let reading: Promise<string | null> | null = null;
  let readMs = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    if (reading === null || nowMs - readMs >= LIVES_MS) {
      readMs = nowMs;
      reading = readFile(file, 'utf8').then(
        (text) => text.trim() || null,
        () => null,
      );
    }
    return reading;
  };
}
