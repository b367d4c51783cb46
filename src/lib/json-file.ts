import { readFileSync } from 'node:fs';
import type { JsonValue } from './json.ts';

/**
 * A JSON file's value, or null when the file is absent or is not JSON (a foreign or damaged file).
 */
export function readJsonFile(file: string): JsonValue {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
