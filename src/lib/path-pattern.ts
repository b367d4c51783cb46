/**
 * A pattern for paths as static hosts write them: `/news/:year/*`. `:name` is one whole segment,
 * `*` (once) anything, slashes included; at the end `/*` also stands for nothing. A slash at the
 * end makes no difference.
 */
export interface PathPattern {
  /** The path itself where the pattern names just one, without a slash at its end. */
  readonly literal: string | null;
  /** Of its placeholders, `splat` for `*`. */
  readonly names: readonly string[];
  /** What the placeholders stand for in a decoded path; null where it does not match. */
  match(path: string): Readonly<Record<string, string>> | null;
}

const placeholder = /^:([A-Za-z]\w*)$/;

/**
 * Compiles a pattern. A placeholder is a whole segment and there is one `*`, so matching takes time
 * in proportion to the path. Null where it is none: no slash at its beginning, `*` or a name twice.
 */
export function compilePathPattern(pattern: string): PathPattern | null {
  if (!pattern.startsWith('/')) return null;
  const names: string[] = [];
  const parts = withoutSlash(pattern)
    .split('/')
    .slice(1)
    .map((segment, place, all) => {
      const name = placeholder.exec(segment)?.[1];
      if (name !== undefined) {
        names.push(name);
        return `/([^/]+)`;
      }
      const stars = segment.split('*');
      for (let star = 1; star < stars.length; star += 1) names.push('splat');
      if (segment === '*' && place === all.length - 1) return '(?:/(.*))?';
      return `/${stars.map(RegExp.escape).join('(.*)')}`;
    });
  if (new Set(names).size < names.length) return null;
  if (names.length === 0) {
    const literal = withoutSlash(pattern);
    return {
      literal,
      names,
      match: (path) => (withoutSlash(path) === literal ? none : null),
    };
  }
  const expression = new RegExp(`^${parts.join('')}$`, 's');
  return {
    literal: null,
    names,
    match: (path) => {
      const found = expression.exec(withoutSlash(path));
      if (found === null) return null;
      return Object.fromEntries(names.map((name, place) => [name, found[place + 1] ?? '']));
    },
  };
}

const none: Readonly<Record<string, string>> = {};

/** `/a/` is `/a`, and the root is nothing. */
export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
