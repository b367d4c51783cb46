import { h, type JSX } from 'preact';
import type { JobStatus } from '../../contract/job-status.ts';
import type { ServiceStatus } from '../../contract/status.ts';
import type {
  Catalog,
  CatalogFailure,
  CatalogNeed,
  CatalogPlace,
  CatalogRunbook,
  CatalogService,
} from '../../derive/catalog/catalog.ts';
import { dependencyGraph, neighbourhood } from './dependency-graph.ts';
import { featureCards } from './feature-cards.ts';
import { jobTable } from './job-table.ts';
import { stateLabel } from './marks.ts';
import { renderPage, section } from './page.ts';
import { featurePath, runbookPath, servicePath } from './paths.ts';
import { count } from './words.ts';

/**
 * One service's page: the four questions first, then features with their ladders, and who needs
 * whom.
 */
export function renderService(
  catalog: Catalog,
  service: CatalogService,
  status: ServiceStatus | null,
  jobs: readonly JobStatus[],
): string {
  const { site, environment } = catalog;
  return renderPage({ title: service.service, site, environment, section: 'catalog' }, [
    crumbs(),
    h(
      'div',
      { class: 'opening' },
      h('h1', null, service.service),
      h('p', { class: 'facts' }, ...liveFacts(status), owner(service)),
    ),
    h(
      'div',
      { class: 'answers' },
      section('what', 'What is it?', h('p', null, service.what)),
      section('deployed', 'What is its stack, and how is it deployed?', deployed(service)),
      section('find', 'How do I find it?', find(service.find)),
      section('goes-down', 'How does it go down?', goesDown(service)),
    ),
    section('features', 'Features', featureCards(service.features)),
    jobs.length === 0 ? null : section('jobs', 'Jobs', jobTable(jobs)),
    section('graph', 'Who needs whom', dependencies(catalog, service)),
    service.runbooks.length === 0 ? null : section('runbooks', 'Runbooks', runbooks(service)),
  ]);
}

function crumbs(): JSX.Element {
  return h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Path' },
    h('a', { href: '/catalog' }, 'Catalog'),
  );
}

function liveFacts(status: ServiceStatus | null): readonly (JSX.Element | string)[] {
  if (status === null) return [];
  const instances = `${status.healthy} of ${count(status.desired, 'instance')} healthy`;
  return [stateLabel(status.state), ...(status.kind === 'run' ? [instances] : [])];
}

function owner(service: CatalogService): JSX.Element | null {
  return service.owner === null ? null : h('span', null, `owned by ${service.owner}`);
}

function deployed(service: CatalogService): readonly (JSX.Element | null)[] {
  return [
    service.stack === null ? null : h('p', { class: 'stack' }, service.stack),
    h('p', null, service.deployed.join(' ')),
  ];
}

function find(places: readonly CatalogPlace[]): JSX.Element {
  if (places.length === 0) return h('p', { class: 'quiet' }, 'Its manifest does not say.');
  return h(
    'dl',
    { class: 'pairs' },
    places.map(({ label, value, url }) =>
      h(
        'div',
        null,
        h('dt', null, label),
        h('dd', null, url === null ? value : h('a', { href: url, rel: 'noreferrer' }, value)),
      ),
    ),
  );
}

function goesDown(service: CatalogService): JSX.Element {
  if (service.goesDown.length === 0) {
    return h('p', { class: 'quiet' }, 'Its manifest does not say.');
  }
  return h(
    'ul',
    { class: 'failures' },
    service.goesDown.map((failure) => failureLine(service, failure)),
  );
}

function failureLine(
  service: CatalogService,
  { when, usersSee, runbook }: CatalogFailure,
): JSX.Element {
  return h(
    'li',
    null,
    h('p', null, 'When ', h('strong', null, when), ', users see ', usersSee, '.'),
    runbook === null ? null : h('p', null, runbookLink(service, runbook)),
  );
}

function runbookLink(service: CatalogService, { file }: CatalogRunbook): JSX.Element {
  return h('a', { class: 'runbook', href: runbookPath(service.service, file) }, `Runbook: ${file}`);
}

function runbooks(service: CatalogService): JSX.Element {
  return h(
    'ul',
    { class: 'plain' },
    service.runbooks.map((runbook) => h('li', null, runbookLink(service, runbook))),
  );
}

function dependencies(
  catalog: Catalog,
  service: CatalogService,
): JSX.Element | readonly JSX.Element[] {
  if (service.needs.length === 0 && service.neededBy.length === 0) {
    return h('p', { class: 'quiet' }, 'It needs nothing, and nothing needs it.');
  }
  const id = `service:${service.service}`;
  const near = neighbourhood(catalog.graph, id);
  return [
    dependencyGraph(near, `What ${service.service} needs and what needs it`, id),
    h(
      'div',
      { class: 'sides' },
      h('div', null, h('h3', null, 'It needs'), needs(service.needs)),
      h('div', null, h('h3', null, 'It is needed by'), neededBy(service)),
    ),
  ];
}

function needs(all: readonly CatalogNeed[]): JSX.Element {
  if (all.length === 0) return h('p', { class: 'quiet' }, 'Nothing.');
  return h(
    'ul',
    { class: 'plain' },
    all.map((need) =>
      h(
        'li',
        null,
        h('code', null, need.need),
        ': ',
        need.service === null
          ? need.inWords
          : h('a', { href: servicePath(need.service) }, need.inWords),
        need.features.length === 0
          ? ' (named by no feature)'
          : `, for ${need.features.map(({ feature }) => feature).join(', ')}`,
      ),
    ),
  );
}

function neededBy({ neededBy: dependants }: CatalogService): JSX.Element {
  if (dependants.length === 0) return h('p', { class: 'quiet' }, 'Nothing on this site.');
  return h(
    'ul',
    { class: 'plain' },
    dependants.map(({ who, service, needs: target }) =>
      h(
        'li',
        null,
        h('a', { href: who === service ? servicePath(service) : featurePath(who) }, who),
        ' needs ',
        h('code', null, target),
      ),
    ),
  );
}
