/**
 * Where manifests come from. Paths are relative to the site directory with forward slashes; a
 * reader never leads out of it. Everything the manifest part knows of files comes through here, so
 * a site can as well be in memory or in a blob.
 */
export interface Reader {
  /** The text of a file of at most `limitBytes`; 1 MiB by default. */
  read(path: string, limitBytes?: number): Promise<ReadOutcome>;
  /** Names of the folders inside a folder, sorted; empty when there is no such folder. */
  folders(path: string): Promise<readonly string[]>;
  /** What stands at a path. */
  look(path: string): Promise<Sight>;
}

export type ReadOutcome =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'unreadable'; readonly why: string };

export type Sight = 'file' | 'folder' | 'nothing' | 'outside';

/** Largest manifest, in bytes. */
export const largestFileBytes = 1024 * 1024;

/**
 * A path joined to the folder it is written in, with `.` and `..` resolved; null when it leads out
 * of the site. `''` is the site directory itself.
 */
export function joinPath(folder: string, path: string): string | null {
  if (path.startsWith('/') || path.includes('\\') || /^[A-Za-z]:/.test(path)) return null;
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '..' && parts.pop() === undefined) return null;
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts.join('/');
}
