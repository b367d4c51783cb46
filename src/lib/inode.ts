import { statSync } from 'node:fs';

/**
 * The number by which a file system knows a file, whatever stands at its path later; null when
 * there is none. It is not given anew while anybody holds the file open.
 */
export function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}
