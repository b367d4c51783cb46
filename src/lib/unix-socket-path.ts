import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** sun_path holds 108 bytes with its closing zero (unix(7)). */
const longestBytes = 107;

/**
 * Calls `use` with a path to the Unix socket `path` that the kernel accepts, however deep the
 * folder lies: a long one goes by way of an open descriptor of its folder, which stays open until
 * `use` has returned.
 */
export function withSocketPath<T>(path: string, use: (usable: string) => T): T {
  if (Buffer.byteLength(path) <= longestBytes) return use(path);
  const folder = openSync(dirname(path), 'r');
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
