import { privateHalfOf, publicHalfOf } from '../../contract/secret-names.ts';
import type { Service } from '../../manifest/model.ts';
import type { DeriveProblem } from '../result.ts';
import type { SecretPlan } from './release-plan.ts';

/** How each secret of the site is made that any service lets be generated. */
export type GeneratedSecrets = ReadonlyMap<string, 'random' | 'key-pair'>;

/**
 * A secret is one for the whole site, so what one service says of its making holds for all; two
 * that say different things are refused.
 */
export function generatedSecrets(services: readonly Service[]): {
  readonly generated: GeneratedSecrets;
  readonly problems: readonly DeriveProblem[];
} {
  const generated = new Map<string, 'random' | 'key-pair'>();
  const problems: DeriveProblem[] = [];
  for (const service of services) {
    for (const { name, generate } of service.secrets) {
      if (generate === null) continue;
      const known = generated.get(name);
      if (known !== undefined && known !== generate) problems.push(madeTwice(service.name, name));
      generated.set(name, generate);
    }
  }
  for (const service of services) {
    for (const { name, generate } of service.secrets) {
      const isHalf = generated.get(privateHalfOf(name)) === 'key-pair';
      if (isHalf && generate !== null) problems.push(madeTwice(service.name, name));
    }
  }
  return { generated, problems };
}

/** The secrets of a service, each one variable; a key pair of its own brings both halves. */
export function planSecrets(service: Service, generated: GeneratedSecrets): readonly SecretPlan[] {
  const plans = new Map<string, SecretPlan>();
  for (const { name, generate } of service.secrets) {
    plans.set(name, { name, generate: howMade(name, generated) });
    const half = publicHalfOf(name);
    if (generate === 'key-pair') plans.set(half, { name: half, generate: 'public-half' });
  }
  return [...plans.values()];
}

function howMade(name: string, generated: GeneratedSecrets): SecretPlan['generate'] {
  if (generated.get(privateHalfOf(name)) === 'key-pair') return 'public-half';
  return generated.get(name) ?? null;
}

function madeTwice(service: string, name: string): DeriveProblem {
  return {
    code: 'secret-made-twice',
    place: service,
    message: `the secret ${name} would be made in two ways`,
    remedy: 'say `generate` in one service only; the others list the name',
  };
}
