import type { FrontendPointer } from '../../../contract/keys.ts';
import type { FrontendRoute } from '../../../derive/routes/route-table.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import { createEncodingReader } from './accept-encoding.ts';
import { answerPage } from './answer-page.ts';
import { createContentStore } from './content-store.ts';
import type { BlobSource, KeptCopies } from './kept-copies.ts';
import { readFileRequest, type FileRequest } from './file-request.ts';
import { createMount, type Found, type Mount } from './mount.ts';
import { oneHeader, otherHeaders, type Page } from './page.ts';
import type { Previews } from './previews.ts';
import { loadRelease, type StandingRelease } from './release-files.ts';

export interface Frontends {
  /**
   * Loads the release that a pointer names, and serves it from the moment it is whole. Requests
   * under way end with the release they began with. Of two calls for one frontend the later wins.
   * Resolves with why assets of earlier releases are lost, none as a rule. Rejects with a
   * TurnoutError when a blob of the release itself is missing, damaged or unreadable; what was
   * served before is served on.
   */
  use(pointer: FrontendPointer): Promise<readonly Error[]>;
  /** Serves the frontend no more. */
  drop(frontend: string): void;
  /**
   * Answers a request that the route table gave to a frontend; at once where the bytes are in
   * memory. Their header lists are frozen, and one list for all requests that get the same bytes.
   * Rejects with a TurnoutError `frontend-blob-missing` or `blob-corrupt` rather than serve what
   * was not published.
   */
  serve(exchange: Exchange, route: FrontendRoute): Answer | Promise<Answer>;
}

export interface FrontendsOptions {
  readonly blobs: BlobSource;
  /** Told what is needed to show the pages of a release that is served; null once it is not. */
  readonly keep?: KeptCopies['keep'];
  /** For contents of hot files; others are read from the blobs each time. */
  readonly memoryBytes: number;
  readonly previews?: Previews;
}

/** Contents that are read ahead: the start page, in its encodings. */
const FIRST_ASKED = 4;

/** Static sites by path prefix, from immutable releases. */
export function createFrontends({
  blobs,
  memoryBytes,
  keep,
  previews,
}: FrontendsOptions): Frontends {
  const store = createContentStore(blobs, memoryBytes);
  const weigh = createEncodingReader();
  const standing = new Map<string, StandingRelease>();
  const turns = new Map<string, symbol>();
  const mounts = new WeakMap<FrontendRoute, Mount>();

  const mountOf = (route: FrontendRoute): Mount | null => {
    const release = standing.get(route.frontend)?.files;
    if (release === undefined) return null;
    const known = mounts.get(route);
    if (known?.release === release) return known;
    const mount = createMount(route, release);
    mounts.set(route, mount);
    return mount;
  };

  const answerFrom = (
    mount: Mount,
    { request: { path, query } }: Exchange,
    request: FileRequest,
  ): Answer | Promise<Answer> => {
    const found = mount.find(path, query);
    if (found.kind === 'redirect') return redirectAnswer(found, query);
    const page = found.kind === 'page' ? found.page : pageForNothing(path, mount, request);
    if (page === null) return nothingHere(request);
    return answerPage(store, page, request, weigh(request.acceptEncoding));
  };

  return {
    use: async (pointer) => {
      const turn = Symbol(pointer.release);
      turns.set(pointer.frontend, turn);
      const before = standing.get(pointer.frontend) ?? null;
      const { files, known, itself, entries, lost } = await loadRelease(blobs, pointer, before);
      if (turns.get(pointer.frontend) === turn) {
        standing.set(pointer.frontend, { files, known });
        // Else whoever asks first after a switch would wait for the disk.
        store.warm(entries.slice(0, FIRST_ASKED));
        keep?.(pointer.frontend, [...itself, ...entries]);
      }
      return lost;
    },
    drop: (frontend) => {
      turns.delete(frontend);
      standing.delete(frontend);
      keep?.(frontend, null);
    },
    serve: (exchange, route) => {
      const request = readFileRequest(exchange);
      if (request.method !== 'GET' && request.method !== 'HEAD') return methodNotAllowed(request);
      const opened = previews?.open(exchange, route) ?? null;
      if (opened !== null) return opened;
      const shown = previews?.shown(exchange, route) ?? null;
      if (shown !== null) return shown.then((mount) => answerFrom(mount, exchange, request));
      const mount = mountOf(route);
      return mount === null ? notPublished(request) : answerFrom(mount, exchange, request);
    },
  };
}

/**
 * A single-page application answers navigations that match no file with its one page; a missing
 * asset stays missing.
 */
function pageForNothing(path: string, mount: Mount, { accept }: FileRequest): Page | null {
  const navigates = accept?.includes('text/html') === true;
  return (navigates ? mount.fallback(path) : null) ?? mount.notFound(path);
}

function redirectAnswer(
  { status, location, isWhole, changes }: Extract<Found, { kind: 'redirect' }>,
  query: string | null,
): Answer {
  const to = isWhole || query === null ? location : `${location}?${query}`;
  return {
    status,
    headers: [
      'content-length',
      '0',
      'location',
      to,
      ...oneHeader('cache-control', changes, 'no-cache'),
      ...otherHeaders(changes),
    ],
    body: null,
  };
}

function methodNotAllowed({ id }: FileRequest): Answer {
  return problemAnswer('method-not-allowed', {
    detail: 'Pages and files are read with GET or HEAD.',
    requestId: id,
    headers: ['allow', 'GET, HEAD'],
  });
}

function notPublished({ id }: FileRequest): Answer {
  return problemAnswer('no-configuration', {
    detail: 'This part of the site has not been published yet. Try again in a moment.',
    requestId: id,
    headers: ['retry-after', '5'],
  });
}

function nothingHere({ id }: FileRequest): Answer {
  return problemAnswer('no-such-page', {
    detail: 'No page or file stands at this address.',
    requestId: id,
  });
}
