import type { FrontendRoute } from '../../../derive/routes/route-table.ts';
import { createPage, type Page } from './page.ts';
import type { ReleaseFiles, ServedFile } from './release-files.ts';

/** One release below one prefix: what each path means there. */
export interface Mount {
  readonly release: ReleaseFiles;
  /** What stands at a normalised path, which may still hold percent-encoding. */
  find(path: string): Found;
  /**
   * The page of a single-page application, and the page that says there is nothing; null where the
   * route has none.
   */
  readonly fallback: Page | null;
  readonly notFound: Page | null;
}

export type Found =
  | { readonly kind: 'page'; readonly page: Page }
  /**
   * A folder was asked for by its name alone: links in its page are relative to the name with a
   * slash.
   */
  | { readonly kind: 'redirect'; readonly path: string }
  | { readonly kind: 'nothing' };

/**
 * Paths that led to a page are remembered; there are many ways to spell one, so they are bounded.
 */
const rememberedPaths = 8_192;

const nothing: Found = { kind: 'nothing' };

export function createMount(route: FrontendRoute, release: ReleaseFiles): Mount {
  const prefix = route.prefix === '/' ? '' : route.prefix;
  const pages = new Map<ServedFile, Found>();
  const remembered = new Map<string, Found>();
  const pageOf = (file: ServedFile): Found => {
    const known = pages.get(file);
    if (known !== undefined) return known;
    const options = { status: 200, cacheMs: route.cacheMs, variesByAccept: false } as const;
    const found: Found = { kind: 'page', page: createPage(file, options) };
    pages.set(file, found);
    return found;
  };
  const find = (path: string): Found => {
    const file = findFile(release, decode(path.slice(prefix.length)));
    if (file === 'nothing') return nothing;
    if (file === 'folder') return { kind: 'redirect', path: `${path}/` };
    if (remembered.size >= rememberedPaths) remembered.clear();
    const found = pageOf(file);
    remembered.set(path, found);
    return found;
  };
  return {
    release,
    find: (path) => remembered.get(path) ?? find(path),
    fallback: namedPage(route, release, route.fallback, 200),
    notFound: namedPage(route, release, route.notFound, 404),
  };
}

function namedPage(
  route: FrontendRoute,
  release: ReleaseFiles,
  name: string | null,
  status: 200 | 404,
): Page | null {
  const file = name === null ? undefined : release.byPath.get(name.replace(/^\//, ''));
  if (file === undefined) return null;
  return createPage(file, {
    status,
    cacheMs: route.cacheMs,
    variesByAccept: route.fallback !== null,
  });
}

/**
 * The file for a path below the prefix: itself, then the folder's `index.html`, then the same name
 * with `.html`.
 *
 * Paths are looked up in a table of what was published, never in a file system, so nothing else can
 * be reached.
 */
function findFile(
  { byPath }: ReleaseFiles,
  path: string | null,
): ServedFile | 'folder' | 'nothing' {
  // `/donate` itself: the prefix is a folder.
  if (path === '') return byPath.has('index.html') ? 'folder' : 'nothing';
  if (path === null || !path.startsWith('/')) return 'nothing';
  const name = path.slice(1);
  if (name === '' || name.endsWith('/')) return byPath.get(`${name}index.html`) ?? 'nothing';
  const file = byPath.get(name);
  if (file !== undefined) return file;
  if (byPath.has(`${name}/index.html`)) return 'folder';
  return byPath.get(`${name}.html`) ?? 'nothing';
}

/** Null where the encoding is broken or hides a slash: neither names a file. */
function decode(path: string): string | null {
  if (!path.includes('%')) return path;
  if (/%2f/i.test(path)) return null;
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
