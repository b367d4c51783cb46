import type { Parameters } from '../lib/structured-fields/structured-field.ts';
import { noParameters } from '../lib/structured-fields/structured-field.ts';
import { writeDictionary } from '../lib/structured-fields/write-dictionary.ts';
import type { FeatureHealth } from './feature-health.ts';

/** The header's value. Throws RangeError for what cannot stand in one. */
export function formatFeatureHealth({ feature, tier, rung, ageS }: FeatureHealth): string {
  const parameters: Parameters =
    ageS === null ? noParameters : new Map([['age', { kind: 'integer', value: ageS }]]);
  return writeDictionary(
    new Map([
      ['feature', { kind: 'string', value: feature, parameters: noParameters }],
      ['tier', { kind: 'token', value: tier, parameters: noParameters }],
      ['rung', { kind: 'token', value: rung, parameters }],
    ]),
  );
}
