import { h } from 'preact';
import type { Catalog, CatalogService } from '../../derive/catalog/catalog.ts';
import { renderPage } from './page.ts';
import { servicePath } from './paths.ts';
import { renderMarkdown } from './render-markdown.ts';

/**
 * Where a runbook lies, relative to the site directory, or null when the address names none that
 * may be read: only Markdown inside the service's own folder of runbooks, or a file its manifest
 * names.
 */
export function locateRunbook(service: CatalogService, file: string): string | null {
  const named = service.runbooks.find((runbook) => runbook.file === file);
  if (named !== undefined) return named.path;
  const folder = service.runbookFolder;
  if (folder === null || !file.endsWith('.md')) return null;
  // A plain name a segment, never `..`, a backslash or a control character.
  const plain = file.split('/').every((part) => /^[\p{L}\p{N}_][\p{L}\p{N}_. -]*$/u.test(part));
  return plain ? `${folder}/${file}` : null;
}

export function renderRunbook(
  catalog: Catalog,
  service: CatalogService,
  file: string,
  text: string,
): string {
  const { site, environment } = catalog;
  return renderPage({ title: `Runbook ${file}`, site, environment, section: 'catalog' }, [
    h(
      'nav',
      { class: 'crumbs', 'aria-label': 'Path' },
      h('a', { href: '/catalog' }, 'Catalog'),
      h('a', { href: servicePath(service.service) }, service.service),
    ),
    h('article', { class: 'prose', dangerouslySetInnerHTML: { __html: renderMarkdown(text) } }),
  ]);
}
