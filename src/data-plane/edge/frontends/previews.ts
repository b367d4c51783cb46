import {
  idOfToken,
  isTokenOf,
  PREVIEW_NAME,
  type FrontendPreview,
} from '../../../contract/frontend-preview.ts';
import type { FrontendRoute } from '../../../derive/routes/route-table.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import { type Answer, type Exchange, header } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { BlobSource } from './kept-copies.ts';
import { createMount, type Mount } from './mount.ts';
import { loadRelease } from './release-files.ts';
import type { HeaderChanges } from './rules/compile-headers.ts';

export interface PreviewsOptions {
  readonly blobs: BlobSource;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** What links are signed with; null where none was ever made. */
  readonly key: () => Uint8Array | null;
}

/** Releases held ready; more are read again when they are asked for. */
const heldReleases = 16;

/** Unpublished releases, for whoever has a signed link. */
export class Previews {
  readonly #options: PreviewsOptions;
  /** By frontend and id. */
  readonly #previews = new Map<string, FrontendPreview>();
  readonly #mounts = new Map<string, Promise<Mount>>();

  constructor(options: PreviewsOptions) {
    this.#options = options;
  }

  /** `name` is `<frontend>/<id>`; null takes it away, for links and cookies alike. */
  set(name: string, preview: FrontendPreview | null): void {
    if (preview === null) this.#previews.delete(name);
    else this.#previews.set(name, preview);
    for (const mount of this.#mounts.keys()) {
      if (mount.startsWith(`${name} `)) this.#mounts.delete(mount);
    }
  }

  names(): Iterable<string> {
    return this.#previews.keys();
  }

  /**
   * What a request with a link is answered with: a cookie, and where to go on; 403 where the link
   * is none of ours, has expired or was revoked. Null for a request without one.
   */
  open({ id, request }: Exchange, { frontend, prefix }: FrontendRoute): Answer | null {
    const { query, path, client } = request;
    if (query === null || !query.includes(PREVIEW_NAME)) return null;
    const parameters = query.split('&');
    const own = parameters.find((each) => each.startsWith(`${PREVIEW_NAME}=`));
    if (own === undefined) return null;
    const token = own.slice(PREVIEW_NAME.length + 1);
    const preview = this.#find(frontend, token);
    if (preview === null) {
      return problemAnswer('preview-refused', {
        detail:
          'The link to this preview was altered, has expired or was revoked. Ask for a new one.',
        requestId: id,
      });
    }
    const rest = parameters.filter((each) => each !== own).join('&');
    const seconds = Math.ceil((preview.expiresAtMs - this.#options.clock.nowMs()) / 1_000);
    const secure = client.scheme === 'https' ? '; Secure' : '';
    return {
      status: 303,
      headers: [
        'content-length',
        '0',
        'location',
        rest === '' ? path : `${path}?${rest}`,
        'set-cookie',
        `${PREVIEW_NAME}-${frontend}=${token}; Path=${prefix}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`,
        'cache-control',
        'private, no-store',
        'referrer-policy',
        'no-referrer',
      ],
      body: null,
    };
  }

  /** The release that a request's cookie shows; null for everyone else. */
  shown({ request }: Exchange, route: FrontendRoute): Promise<Mount> | null {
    if (this.#previews.size === 0) return null;
    const cookies = header(request.headers, 'cookie');
    const name = `${PREVIEW_NAME}-${route.frontend}=`;
    if (cookies === undefined || !cookies.includes(name)) return null;
    const own = cookies.split(/;\s*/).find((each) => each.startsWith(name));
    const preview = own === undefined ? null : this.#find(route.frontend, own.slice(name.length));
    return preview === null ? null : this.#mount(preview, route);
  }

  #find(frontend: string, token: string): FrontendPreview | null {
    const id = idOfToken(token);
    const preview = id === null ? undefined : this.#previews.get(`${frontend}/${id}`);
    const key = preview === undefined ? null : this.#options.key();
    if (preview === undefined || key === null) return null;
    if (preview.expiresAtMs <= this.#options.clock.nowMs()) return null;
    return isTokenOf(key, preview, token) ? preview : null;
  }

  #mount(preview: FrontendPreview, route: FrontendRoute): Promise<Mount> {
    const { frontend, id } = preview;
    // A route of another configuration may have another prefix or fallback.
    const key = `${frontend}/${id} ${JSON.stringify(route)}`;
    const known = this.#mounts.get(key);
    if (known !== undefined) return known;
    const mount = this.#load(preview, route);
    mount.catch(() => this.#mounts.delete(key));
    const [oldest] = this.#mounts.keys();
    if (this.#mounts.size >= heldReleases && oldest !== undefined) this.#mounts.delete(oldest);
    this.#mounts.set(key, mount);
    return mount;
  }

  async #load(preview: FrontendPreview, route: FrontendRoute): Promise<Mount> {
    const { files } = await loadRelease(this.#options.blobs, { ...preview, previous: [] });
    const { headers } = files.rules;
    const marked = new WeakMap<HeaderChanges, HeaderChanges>();
    const changesAt = (path: string): HeaderChanges => {
      const changes = headers.changesAt(path);
      const known = marked.get(changes) ?? markPreview(changes, preview);
      marked.set(changes, known);
      return known;
    };
    return createMount(route, { ...files, rules: { ...files.rules, headers: { changesAt } } });
  }
}

/** No cache keeps it, whatever `_headers` says, and no search engine lists it. */
function markPreview(changes: HeaderChanges, preview: FrontendPreview): HeaderChanges {
  const { release, expiresAtMs } = preview;
  const expires = new Date(expiresAtMs).toISOString();
  return new Map([
    ...changes,
    ['cache-control', 'private, no-store'],
    ['x-robots-tag', 'noindex'],
    ['x-turnout-preview', `release=${release.slice(7, 19)}; expires=${expires}`],
  ]);
}
