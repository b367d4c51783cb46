import { type FlagDefinition, NOT_WRITTEN } from '../../contract/flags.ts';
import { type ForcedRung, forcedRungs } from '../../contract/switch-value.ts';
import type { FeaturePolicy } from '../policies/policies.ts';

/** The rungs that a feature's switch can force: those of its ladder, and `closed` always. */
export function switchRungs({ ladder }: Pick<FeaturePolicy, 'ladder'>): readonly ForcedRung[] {
  const kinds = new Set<string>(ladder.flatMap(({ rungs }) => rungs.map(({ kind }) => kind)));
  return forcedRungs.filter((rung) => rung === 'closed' || kinds.has(rung));
}

/** The switch of a feature for which nobody wrote one. */
export function defaultSwitch(policy: Pick<FeaturePolicy, 'ladder'>): FlagDefinition {
  const values = ['on', ...switchRungs(policy)].map((value) => [value, value]);
  return {
    state: 'ENABLED',
    variants: Object.fromEntries(values),
    defaultVariant: 'on',
    metadata: NOT_WRITTEN,
  };
}
