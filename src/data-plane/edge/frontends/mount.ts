import { decodePath, fileAt } from '../../../contract/frontend-paths.ts';
import type { FrontendRoute } from '../../../derive/routes/route-table.ts';
import { createPage, type Page } from './page.ts';
import type { ReleaseFiles, ServedFile } from './release-files.ts';
import type { HeaderChanges } from './rules/compile-headers.ts';
import type { Followed, Redirects } from './rules/compile-redirects.ts';

/** One release below one prefix: what each path means there. */
export interface Mount {
  readonly release: ReleaseFiles;
  /**
   * What is answered at a normalised path, which may still hold percent-encoding: a forced
   * redirect, else the file that stands there, else a redirect.
   */
  find(path: string, query: string | null): Found;
  /**
   * For a path at which there is nothing: the page of a single-page application, and the page that
   * says so; null where there is none.
   */
  fallback(path: string): Page | null;
  notFound(path: string): Page | null;
}

export type Found =
  | { readonly kind: 'page'; readonly page: Page }
  /** `location` is a path without a query, or a whole address: then the query is in it. */
  | {
      readonly kind: 'redirect';
      readonly status: number;
      readonly location: string;
      readonly isWhole: boolean;
      readonly changes: HeaderChanges;
    }
  | { readonly kind: 'nothing' };

/**
 * Paths that led to a page are remembered; there are many ways to spell one, so they are bounded.
 */
const rememberedPaths = 8_192;

const nothing: Found = { kind: 'nothing' };

/** The page with 404 that static hosts take where none is named. */
const usualNotFound = '404.html';

export function createMount(route: FrontendRoute, release: ReleaseFiles): Mount {
  return new ReleaseMount(route, release);
}

class ReleaseMount implements Mount {
  readonly release: ReleaseFiles;
  readonly #route: FrontendRoute;
  /** The prefix as it stands in front of a path: nothing for the root. */
  readonly #prefix: string;
  readonly #remembered = new Map<string, Found>();
  /** By what `_headers` makes of them: few sets of rules for many files. */
  readonly #pages = new Map<HeaderChanges, Map<string, Page>>();

  constructor(route: FrontendRoute, release: ReleaseFiles) {
    this.#route = route;
    this.release = release;
    this.#prefix = route.prefix === '/' ? '' : route.prefix;
  }

  find(path: string, query: string | null): Found {
    const { forced, redirects } = this.release.rules;
    if (!forced.isEmpty) {
      const found = this.#follow(forced, path, query);
      if (found !== null) return found;
    }
    const known = this.#remembered.get(path) ?? this.#findFile(path);
    if (known.kind !== 'nothing' || redirects.isEmpty) return known;
    return this.#follow(redirects, path, query) ?? nothing;
  }

  fallback(path: string): Page | null {
    const name = this.#route.fallback;
    return name === null ? null : this.#namedPage(name, 200, path);
  }

  notFound(path: string): Page | null {
    return this.#namedPage(this.#route.notFound ?? usualNotFound, 404, path);
  }

  #findFile(path: string): Found {
    const decoded = decodePath(path.slice(this.#prefix.length));
    const at = decoded === null ? null : fileAt((name) => this.release.byPath.has(name), decoded);
    if (at === null || at.kind === 'nothing') return nothing;
    const found: Found =
      at.kind === 'folder'
        ? this.#redirect(path, 308, `${path}/`, false)
        : { kind: 'page', page: this.#page(at.path, 200, path, false) };
    if (this.#remembered.size >= rememberedPaths) this.#remembered.clear();
    this.#remembered.set(path, found);
    return found;
  }

  #follow(redirects: Redirects, path: string, query: string | null): Found | null {
    const decoded = decodePath(path);
    const followed = decoded === null ? null : redirects.find(decoded, query);
    if (followed === null) return null;
    const { status, to } = followed;
    if (status === 200 || status === 404) return this.#rewritten(followed, path);
    return this.#redirect(path, status, to, true);
  }

  /** The file that a rule names; a name that was filled in may be that of none. */
  #rewritten({ status, to }: Followed, path: string): Found | null {
    if (!to.startsWith(this.#prefix)) return null;
    const at = fileAt((name) => this.release.byPath.has(name), to.slice(this.#prefix.length));
    if (at.kind === 'nothing') return null;
    return { kind: 'page', page: this.#page(at.path, status === 404 ? 404 : 200, path, false) };
  }

  #redirect(path: string, status: number, location: string, isWhole: boolean): Found {
    return { kind: 'redirect', status, location, isWhole, changes: this.#changesAt(path) };
  }

  #namedPage(name: string, status: 200 | 404, path: string): Page | null {
    const file = name.replace(/^\//, '');
    if (!this.release.byPath.has(file)) return null;
    return this.#page(file, status, path, this.#route.fallback !== null);
  }

  #page(name: string, status: 200 | 404, path: string, variesByAccept: boolean): Page {
    const changes = this.#changesAt(path);
    let pages = this.#pages.get(changes);
    if (pages === undefined) {
      // Each set of rules is one object, and there are few; others come when they were put together
      // anew.
      if (this.#pages.size >= rememberedSets) this.#pages.clear();
      pages = new Map();
      this.#pages.set(changes, pages);
    }
    const key = `${status} ${variesByAccept} ${name}`;
    const known = pages.get(key);
    if (known !== undefined) return known;
    const file = this.release.byPath.get(name) as ServedFile;
    const { cacheMs } = this.#route;
    const page = createPage(file, { status, cacheMs, variesByAccept, changes });
    pages.set(key, page);
    return page;
  }

  #changesAt(path: string): HeaderChanges {
    return this.release.rules.headers.changesAt(decodePath(path) ?? '');
  }
}

const rememberedSets = 256;
