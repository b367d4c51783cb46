import { type FlagDefinition, NOT_WRITTEN } from '../../contract/flags.ts';
import { switchRungs } from '../../contract/switch-value.ts';
import type { FeaturePolicy } from '../policies/policies.ts';

/** The switch of a feature for which nobody wrote one. */
export function defaultSwitch(policy: Pick<FeaturePolicy, 'ladder'>): FlagDefinition {
  const values = ['on', ...switchRungs(policy.ladder)].map((value) => [value, value]);
  return {
    state: 'ENABLED',
    variants: Object.fromEntries(values),
    defaultVariant: 'on',
    metadata: NOT_WRITTEN,
  };
}
