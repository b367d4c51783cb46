import { h, type JSX } from 'preact';
import type { Catalog, CatalogService } from '../../derive/catalog/catalog.ts';
import { dependencyGraph } from './dependency-graph.ts';
import { tierLabel } from './marks.ts';
import { renderPage, section, table } from './page.ts';
import { servicePath } from './paths.ts';
import { count } from './words.ts';

/** The catalog's front page: who needs whom, and every service with what it is for. */
export function renderCatalog(catalog: Catalog): string {
  const { site, environment } = catalog;
  return renderPage({ title: 'Catalog', site, environment, section: 'catalog' }, [
    h(
      'div',
      { class: 'opening' },
      h('h1', null, 'Catalog'),
      h('p', { class: 'lead' }, catalog.what),
    ),
    section('services', 'Services', services(catalog.services)),
    catalog.graph.edges.length === 0
      ? null
      : section('graph', 'Who needs whom', dependencyGraph(catalog.graph, 'Who needs whom')),
    catalog.resources.length === 0 ? null : section('resources', 'Resources', resources(catalog)),
    catalog.frontends.length === 0 ? null : section('frontends', 'Frontends', frontends(catalog)),
  ]);
}

function services(all: readonly CatalogService[]): JSX.Element {
  if (all.length === 0) return h('p', { class: 'quiet' }, 'This site has no services.');
  return h(
    'ul',
    { class: 'cards' },
    all.map((service) =>
      h(
        'li',
        null,
        h('h3', null, h('a', { href: servicePath(service.service) }, service.service)),
        h('p', null, service.what),
        h(
          'p',
          { class: 'facts' },
          gravest(service),
          count(service.features.length, 'feature'),
          service.owner === null ? null : h('span', null, service.owner),
        ),
      ),
    ),
  );
}

/** Features come core first, so the first one's tier is the service's. */
function gravest({ features }: CatalogService): JSX.Element | null {
  const [first] = features;
  return first === undefined ? null : tierLabel(first.tier);
}

function resources(catalog: Catalog): JSX.Element {
  return table(
    'Resources',
    ['Resource', 'What', 'Needed by'],
    catalog.resources.map(({ name, inWords, neededBy }) => [
      name,
      inWords,
      neededBy.length === 0
        ? 'nobody'
        : neededBy.map((service, i) => [
            i === 0 ? '' : ', ',
            h('a', { href: servicePath(service) }, service),
          ]),
    ]),
  );
}

function frontends(catalog: Catalog): JSX.Element {
  return table(
    'Frontends',
    ['Frontend', 'At', 'Hosts'],
    catalog.frontends.map(({ frontend, prefix, hosts }) => [
      frontend,
      h('code', null, prefix),
      hosts.length === 0 ? 'any' : hosts.join(', '),
    ]),
  );
}
