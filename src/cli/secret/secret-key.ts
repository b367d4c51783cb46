import {
  acceptSecretsKeys,
  keyMissing,
  keyText,
  readSecretsKeys,
  secretsKeyFile,
} from '../../adapters/age/secrets-key.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { readSecretValue } from './read-secret-value.ts';

export interface SecretKeyOptions {
  readonly showPath?: boolean;
  readonly export?: boolean;
  readonly import?: boolean;
}

/**
 * What `turnout secret key` prints: where the site's key is, or the key itself when asked for it.
 */
export async function secretKey(site: string, options: SecretKeyOptions): Promise<string> {
  const place = { site, environment: process.env };
  const file = secretsKeyFile(place);
  if (options.showPath) return `${file}\n`;
  if (options.import) {
    if ((await acceptSecretsKeys(place, await readSecretValue('the key', undefined))) !== null) {
      return `The key is in ${file}.\n`;
    }
    throw new TurnoutError(
      'secrets-key-exists',
      `There is a key in ${file} already, and the one given was not made by rotating it.`,
      'Look whether it is of this site; if so, move the other out of the way first and keep it.',
    );
  }
  const keys = await readSecretsKeys(place);
  if (options.export) {
    if (keys === null) throw keyMissing('There is nothing to export', file);
    return keyText(keys);
  }
  if (keys === null) return `There is no key yet, in ${file}: the first secret makes one.\n`;
  const [comment] = (await keyText(keys)).split('\n');
  const retired = keys.retired.length;
  const earlier =
    retired === 0 ? '' : `It keeps ${retired} that it replaced, to read what they encrypted.\n`;
  return `${file}\n${comment}\n${earlier}`;
}
