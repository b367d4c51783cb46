import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** The text of a file, or why there is none, in words that end a sentence. */
export type SmallFile =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Never throws, never waits for a named pipe, and reads no more than `limitBytes`. */
export async function readSmallFile(path: string, limitBytes: number): Promise<SmallFile> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) return { kind: 'unreadable', why: 'it is not a file' };
      if (found.size > limitBytes) return { kind: 'unreadable', why: 'it is too large' };
      return { kind: 'text', text: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'unreadable', why: whyOf((error as NodeJS.ErrnoException).code) };
  }
}

function whyOf(code: string | undefined): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it is not there';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  return `it cannot be read (${code ?? 'unknown reason'})`;
}
