import { h, type JSX } from 'preact';
import type { CatalogFeature, CatalogLadderStep } from '../../derive/catalog/catalog.ts';
import { tierLabel } from './marks.ts';

/** Every feature with its routes, needs, promises and ladder, core first. */
export function featureCards(features: readonly CatalogFeature[]): JSX.Element {
  if (features.length === 0) return h('p', { class: 'quiet' }, 'It has no features.');
  return h('div', { class: 'features' }, features.map(featureCard));
}

function featureCard(feature: CatalogFeature): JSX.Element {
  return h(
    'article',
    { id: feature.name, class: `feature ${feature.tier}` },
    h(
      'h3',
      null,
      feature.name,
      tierLabel(feature.tier),
      feature.internal ? h('span', { class: 'tier' }, 'internal') : null,
    ),
    h(
      'ul',
      { class: 'routes' },
      feature.routes.map((route) => h('li', null, h('code', null, route))),
    ),
    h('p', null, feature.promises.join(' ')),
    feature.needs.length === 0
      ? null
      : h(
          'p',
          null,
          'Needs ',
          feature.needs.map((need, i) => [i === 0 ? '' : ', ', h('code', null, need)]),
          '.',
        ),
    feature.ladder.length === 0
      ? h('p', { class: 'quiet' }, 'No ladder: when a need is lost, users see an error.')
      : h('div', { class: 'ladders' }, feature.ladder.map(ladderStep)),
  );
}

function ladderStep({ when, rungs }: CatalogLadderStep): JSX.Element {
  return h(
    'div',
    { class: 'ladder' },
    h('h4', null, when),
    h(
      'ol',
      null,
      rungs.map((rung) => h('li', null, rung)),
    ),
  );
}
