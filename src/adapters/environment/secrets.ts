import { TurnoutError } from '../../lib/errors.ts';
import { checkSecretName } from '../../ports/secrets/limits.ts';
import type { Secrets } from '../../ports/secrets/port.ts';

export interface EnvironmentSecretsOptions {
  /** Where to read; the process's own environment by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * What a variable's name starts with: `TURNOUT_SECRET_` by default, so that nothing else of the
   * environment is one.
   */
  readonly prefix?: string;
}

/**
 * Secrets that something else has put into the environment: `PROCESSOR_KEY` is the variable
 * `TURNOUT_SECRET_PROCESSOR_KEY`. Read only.
 */
export function createEnvironmentSecrets(options: EnvironmentSecretsOptions = {}): Secrets {
  const { environment = process.env, prefix = 'TURNOUT_SECRET_' } = options;
  return {
    async get(name) {
      checkSecretName(name);
      return environment[prefix + name] ?? null;
    },
    async list() {
      return Object.keys(environment)
        .filter((variable) => variable.startsWith(prefix) && environment[variable] !== undefined)
        .map((variable) => variable.slice(prefix.length))
        .sort();
    },
    async obtain(name) {
      checkSecretName(name);
      const value = environment[prefix + name];
      if (value === undefined) throw readOnly(name, prefix);
      return value;
    },
    async set(name) {
      throw readOnly(name, prefix);
    },
    async delete(name) {
      throw readOnly(name, prefix);
    },
  };
}

function readOnly(name: string, prefix: string): TurnoutError {
  return new TurnoutError(
    'secrets-read-only',
    `${name} cannot be changed here: secrets come from the environment.`,
    `Change ${prefix}${name} where the environment of Turnout is set, and start it again.`,
  );
}
