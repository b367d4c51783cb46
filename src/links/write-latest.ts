import { writeFileAtomically } from '../lib/atomic-file.ts';
import type { JsonValue } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';

/**
 * Writes a JSON file again and again, one write at a time: of what is given while one is under way
 * only the last is written. A failure is logged, and the next one tries again.
 */
export function writeLatest(
  file: string,
  log: Log,
): { write(value: JsonValue): void; flushed(): Promise<void> } {
  let waiting: string | null = null;
  let writing: Promise<void> | null = null;
  const writeAll = async (): Promise<void> => {
    while (waiting !== null) {
      const text: string = waiting;
      waiting = null;
      try {
        await writeFileAtomically(file, `${text}\n`);
      } catch (error) {
        log.warn('not written', { file, reason: String(error) });
      }
    }
    writing = null;
  };
  return {
    write(value) {
      waiting = JSON.stringify(value);
      writing ??= writeAll();
    },
    flushed: async () => {
      await writing;
    },
  };
}
