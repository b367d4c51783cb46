/**
 * Where a value stands in a document, as a list that shares its beginning; it becomes text only
 * when it is shown.
 */
export interface Path {
  readonly parent: Path | null;
  readonly key: string | number;
  /**
   * The manifest the path starts in, also where an override in another file put the value there.
   */
  readonly document: string;
}

export function rootPath(document: string): Path {
  return { parent: null, key: '', document };
}

export function child(parent: Path, key: string | number): Path {
  return { parent, key, document: parent.document };
}

/** `descend(root, 'features', 'donate')`. */
export function descend(from: Path, ...keys: readonly (string | number)[]): Path {
  return keys.reduce<Path>((path, key) => child(path, key), from);
}

/** `features.donate.routes[0]`; a key with a dot of its own is quoted: `ladder."db.primary"`. */
export function formatPath(path: Path): string {
  if (path.parent === null) return '';
  const before = formatPath(path.parent);
  if (typeof path.key === 'number') return `${before}[${path.key}]`;
  const key = /^[\w/*$-]+$/.test(path.key) ? path.key : JSON.stringify(path.key);
  return before === '' ? key : `${before}.${key}`;
}

/** Every path from this one up to the whole document. */
export function ancestry(path: Path): readonly Path[] {
  const all: Path[] = [];
  for (let at: Path | null = path; at !== null; at = at.parent) all.push(at);
  return all;
}
