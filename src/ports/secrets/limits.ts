import { TurnoutError } from '../../lib/errors.ts';

const VALUE_LIMIT_BYTES = 64 * 1024;

/** Names are those of environment variables, for that is how an instance gets them. */
const NAME = /^[A-Z_][A-Z0-9_]{0,127}$/;

/** Refuses (`secret-name-invalid`) what cannot be the name of an environment variable. */
export function checkSecretName(name: string): void {
  if (NAME.test(name)) return;
  throw new TurnoutError(
    'secret-name-invalid',
    `${JSON.stringify(name)} cannot be the name of a secret.`,
    'Use capital letters, digits and underscores, not starting with a digit: PROCESSOR_KEY.',
  );
}

/** Refuses (`secret-value-invalid`) what an environment cannot carry. Does not repeat the value. */
export function checkSecretValue(name: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes <= VALUE_LIMIT_BYTES && !value.includes('\0')) return;
  throw new TurnoutError(
    'secret-value-invalid',
    `The value of ${name} is too long (${bytes} bytes) or holds a zero byte.`,
    `An environment variable carries text of at most ${VALUE_LIMIT_BYTES} bytes; encode anything else, such as with base64.`,
  );
}
