import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';
import { makeFolder } from '../lib/make-folder.ts';

/**
 * Writes a file that somebody asked for, making its folders. Throws `output-not-written` with what
 * stood in the way.
 */
export async function writeOutput(path: string, text: string): Promise<void> {
  try {
    makeFolder(dirname(path));
    await writeFile(path, text);
  } catch (error) {
    throw new TurnoutError(
      'output-not-written',
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      'Name a place that you may write to.',
      { cause: error },
    );
  }
}
