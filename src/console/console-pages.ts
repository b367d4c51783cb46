import type { FlagStatus } from '../contract/flag-status.ts';
import type { JobStatus } from '../contract/job-status.ts';
import type { SiteStatus } from '../contract/status.ts';
import type { Catalog, CatalogService } from '../derive/catalog/catalog.ts';
import { assets, type Asset } from './server/assets.ts';
import { renderCatalog } from './server/catalog-page.ts';
import { renderFlags } from './server/flags-page.ts';
import { renderNotFound } from './server/not-found-page.ts';
import { renderOverview } from './server/overview-page.ts';
import { locateRunbook, renderRunbook } from './server/runbook-page.ts';
import { renderService } from './server/service-page.ts';

/** What the pages are made from. */
export interface ConsoleSource {
  catalog(): Catalog;
  status(): Promise<SiteStatus>;
  jobs(): readonly JobStatus[];
  flags(): Promise<readonly FlagStatus[]>;
  /**
   * The text of a runbook by its path relative to the site directory; null when there is no such
   * file.
   */
  runbook(path: string): Promise<string | null>;
}

export interface ConsolePage {
  readonly status: 200 | 404;
  readonly contentType: string;
  /** To be sent with it, whatever the page: content security and caching. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Nothing from elsewhere, nothing inline, in no frame, and no address told to pages that are linked
 * to.
 */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/**
 * The console's pages by path (without query): overview, flags, catalog, services, runbooks, and
 * what they load. Null for a path that is not the console's, so that the caller can go on; a page
 * under `/catalog` that does not exist is a 404.
 */
export function createConsolePages(
  source: ConsoleSource,
): (path: string) => Promise<ConsolePage | null> {
  const files = new Map<string, Asset>(Object.values(assets).map((asset) => [asset.path, asset]));
  return async (path) => {
    const file = files.get(path);
    if (file !== undefined) return assetPage(file);
    if (path === '/') return htmlPage(renderOverview(await source.status()));
    if (path === '/flags') {
      const [status, flags] = await Promise.all([source.status(), source.flags()]);
      return htmlPage(renderFlags(status, flags));
    }
    const segments = decodeSegments(path);
    if (segments === null || segments[0] !== 'catalog') return null;
    return catalogPage(source, segments.slice(1));
  };
}

async function catalogPage(
  source: ConsoleSource,
  segments: readonly string[],
): Promise<ConsolePage> {
  const catalog = source.catalog();
  const [name, part, ...rest] = segments;
  if (name === undefined) return htmlPage(renderCatalog(catalog));
  const service = catalog.services.find((each) => each.service === name);
  if (service === undefined) return notFound(catalog, `There is no service ${name} on this site.`);
  if (part === undefined) {
    const { services } = await source.status();
    const status = services.find((each) => each.service === name) ?? null;
    const jobs = source.jobs().filter((each) => each.service === name);
    return htmlPage(renderService(catalog, service, status, jobs));
  }
  if (part === 'runbooks' && rest.length > 0) {
    return runbookPage(source, catalog, service, rest.join('/'));
  }
  return notFound(catalog, 'There is no such page in the catalog.');
}

async function runbookPage(
  source: ConsoleSource,
  catalog: Catalog,
  service: CatalogService,
  file: string,
): Promise<ConsolePage> {
  const path = locateRunbook(service, file);
  const text = path === null ? null : await source.runbook(path);
  if (text === null) return notFound(catalog, `${service.service} has no runbook ${file}.`);
  return htmlPage(renderRunbook(catalog, service, file, text));
}

/** Null where the path is not well-formed. A slash at the end makes no difference. */
function decodeSegments(path: string): readonly string[] | null {
  try {
    return path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch {
    // decodeURIComponent throws for half an escape, which is no address of ours.
    return null;
  }
}

function htmlPage(body: string, status: 200 | 404 = 200): ConsolePage {
  const headers = { ...securityHeaders, 'cache-control': 'no-store' };
  return { status, contentType: 'text/html; charset=utf-8', headers, body };
}

function assetPage({ contentType, body }: Asset): ConsolePage {
  const headers = { ...securityHeaders, 'cache-control': 'public, max-age=31536000, immutable' };
  return { status: 200, contentType, headers, body };
}

function notFound(catalog: Catalog, sentence: string): ConsolePage {
  return htmlPage(renderNotFound(catalog, sentence), 404);
}
