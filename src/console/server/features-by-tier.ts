import { h, type JSX } from 'preact';
import type { FeatureStatus } from '../../contract/status.ts';
import { mark, toneOf } from './marks.ts';
import { featurePath } from './paths.ts';

const tiers = [
  ['core', 'must survive'],
  ['important', 'goes after the sheddable'],
  ['sheddable', 'goes first'],
] as const;

/** Features that are well fold away above this many a tier, so that those in trouble are seen. */
const mostWell = 12;

/** A column a tier; whatever is not up comes first. */
export function featuresByTier(features: readonly FeatureStatus[]): JSX.Element {
  return h(
    'div',
    { class: 'tiers' },
    tiers.map(([tier, meaning]) =>
      h(
        'div',
        { class: `tier-column ${tier}` },
        h('h3', null, tier, h('span', null, meaning)),
        tierLines(
          tier,
          features.filter((feature) => feature.tier === tier),
        ),
      ),
    ),
  );
}

function tierLines(tier: string, features: readonly FeatureStatus[]): readonly JSX.Element[] {
  if (features.length === 0) return [h('p', { class: 'quiet' }, 'None.')];
  const troubled = features.filter((feature) => feature.state !== 'up');
  const well = features.filter((feature) => feature.state === 'up');
  if (well.length <= mostWell) return [lines([...troubled, ...well])];
  return [
    lines(troubled),
    h(
      'details',
      { id: `well-${tier}` },
      h('summary', null, mark('good'), `${well.length} are up`),
      lines(well),
    ),
  ];
}

function lines(features: readonly FeatureStatus[]): JSX.Element {
  return h('ul', null, features.map(featureLine));
}

function featureLine({ feature, state, rung }: FeatureStatus): JSX.Element {
  return h(
    'li',
    null,
    mark(toneOf(state)),
    h('a', { href: featurePath(feature) }, feature),
    h('span', { class: 'quiet' }, rung === null ? state : `${state}: ${rung}`),
  );
}
