import { h } from 'preact';
import type { Catalog } from '../../derive/catalog/catalog.ts';
import { renderPage } from './page.ts';

export function renderNotFound({ site, environment }: Catalog, sentence: string): string {
  return renderPage(
    { title: 'Not found', site, environment, section: 'catalog' },
    h(
      'div',
      { class: 'opening' },
      h('h1', null, 'Not here'),
      h('p', { class: 'lead' }, sentence),
      h('p', null, h('a', { href: '/catalog' }, 'All that is in the catalog')),
    ),
  );
}
