import { type Answer, WireMemo } from '../../exchange.ts';
import type { EncodingWeights } from './accept-encoding.ts';
import type { Holding } from './content-store.ts';
import type { Representation, ServedFile } from './release-files.ts';
import type { HeaderChanges } from './rules/compile-headers.ts';

/** A file as one route answers with it: everything that can be said ahead of the request is. */
export interface Page {
  readonly file: ServedFile;
  readonly status: 200 | 404;
  /** Smallest first, identity last. */
  readonly versions: readonly PageVersion[];
  readonly identity: PageVersion;
}

/**
 * One representation of a page with its prepared answers. They are frozen and shared by all
 * requests.
 */
export interface PageVersion {
  readonly representation: Representation;
  /** Without what depends on the part asked for: `content-length` comes first in `headers`. */
  readonly commonHeaders: readonly string[];
  readonly headers: readonly string[];
  readonly head: Answer;
  readonly notModified: Answer;
  readonly memo: WireMemo;
  /** Where its bytes are held in memory; null before they were first asked for. */
  holding: Holding | null;
}

export interface PageOptions {
  readonly status: 200 | 404;
  /** How long a client may keep a file whose name carries no hash. */
  readonly cacheMs: number;
  /** Whether another `Accept` would have been answered otherwise. */
  readonly variesByAccept: boolean;
  /** What `_headers` makes of it at the path at which it is asked for. */
  readonly changes: HeaderChanges;
}

export function createPage(file: ServedFile, options: PageOptions): Page {
  const versions = file.representations.map((each) => createVersion(file, each, options));
  const identity = versions.find(({ representation }) => representation === file.identity);
  return { file, status: options.status, versions, identity: identity as PageVersion };
}

/**
 * The version that the client wants most; what it wants equally goes by size. Identity when it
 * refuses everything.
 */
export function chooseVersion(page: Page, weights: EncodingWeights): PageVersion {
  let best = page.identity;
  let bestWeight = 0;
  for (const version of page.versions) {
    const weight = weights[version.representation.coding];
    if (weight <= bestWeight) continue;
    best = version;
    bestWeight = weight;
  }
  return best;
}

function createVersion(
  file: ServedFile,
  representation: Representation,
  options: PageOptions,
): PageVersion {
  const { changes } = options;
  const validators = [
    ...oneHeader('cache-control', changes, cacheControl(file, options)),
    ...varyHeader(file, options),
    ...(options.status === 200 ? ['etag', representation.etag] : []),
    ...otherHeaders(changes),
  ];
  const commonHeaders = Object.freeze([
    ...oneHeader('content-type', changes, file.type),
    ...(representation.coding === 'identity' ? [] : ['content-encoding', representation.coding]),
    ...validators,
    ...(options.status === 200 ? ['accept-ranges', 'bytes'] : []),
    ...oneHeader('x-content-type-options', changes, 'nosniff'),
  ]);
  const headers = Object.freeze([
    'content-length',
    String(representation.content.bytes),
    ...commonHeaders,
  ]);
  return {
    representation,
    commonHeaders,
    headers,
    head: Object.freeze({ status: options.status, headers, body: null }),
    notModified: Object.freeze({ status: 304, headers: Object.freeze(validators), body: null }),
    holding: null,
    memo: new WireMemo(),
  };
}

function cacheControl(file: ServedFile, { status, cacheMs }: PageOptions): string {
  if (status === 404) return 'no-cache';
  if (file.hashed) return 'public, max-age=31536000, immutable';
  // A page names the assets of its release: kept past a switch, it would ask for those of the one
  // before.
  if (file.type.startsWith('text/html') || cacheMs < 1_000) return 'no-cache';
  return `public, max-age=${Math.floor(cacheMs / 1_000)}`;
}

function varyHeader(file: ServedFile, { variesByAccept, changes }: PageOptions): string[] {
  const names = [
    ...(variesByAccept ? ['accept'] : []),
    ...(file.representations.length > 1 ? ['accept-encoding'] : []),
    // What is negotiated stays said, whatever a rule adds to it.
    ...[changes.get('vary') ?? []].flat(),
  ];
  return names.length === 0 ? [] : ['vary', names.join(', ')];
}

/** Those that the file would not have of itself. */
export function otherHeaders(changes: HeaderChanges): string[] {
  return [...changes].flatMap(([name, value]) =>
    value === null || own.has(name) ? [] : [name, value],
  );
}

const own = new Set(['cache-control', 'content-type', 'vary', 'x-content-type-options']);

/** A header that is sent in any case, unless a rule says another value or none. */
export function oneHeader(name: string, changes: HeaderChanges, usual: string): string[] {
  const value = changes.has(name) ? (changes.get(name) ?? null) : usual;
  return value === null ? [] : [name, value];
}
