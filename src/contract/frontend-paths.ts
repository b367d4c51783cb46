/** What stands at a path of a frontend. */
export type AtPath =
  | { readonly kind: 'file'; readonly path: string }
  /** A folder asked for by its name alone; links in its page are relative to it with a slash. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'nothing' };

const nothing: AtPath = { kind: 'nothing' };

/**
 * The file for a decoded path below the prefix (`` or beginning with a slash): itself, then the
 * folder's `index.html`, then the same name with `.html`. `has` knows the files of the release, by
 * paths relative to its folder.
 */
export function fileAt(has: (path: string) => boolean, path: string): AtPath {
  // `/donate` itself: the prefix is a folder.
  if (path === '') return has('index.html') ? { kind: 'folder', path: 'index.html' } : nothing;
  if (!path.startsWith('/')) return nothing;
  const name = path.slice(1);
  if (name === '' || name.endsWith('/'))
    return has(`${name}index.html`) ? file(`${name}index.html`) : nothing;
  if (has(name)) return file(name);
  if (has(`${name}/index.html`)) return { kind: 'folder', path: `${name}/index.html` };
  return has(`${name}.html`) ? file(`${name}.html`) : nothing;
}

function file(path: string): AtPath {
  return { kind: 'file', path };
}

/** A path as people read it; null where the encoding is broken or hides a slash. */
export function decodePath(path: string): string | null {
  if (!path.includes('%')) return path;
  if (/%2f/i.test(path)) return null;
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
