import { lookup } from 'mrmime';

/** The `Content-Type` of a file by its name; text is UTF-8, and says so. */
export function mediaType(file: string): string {
  const found = lookup(file) ?? 'application/octet-stream';
  return found.startsWith('text/') ? `${found}; charset=utf-8` : found;
}
