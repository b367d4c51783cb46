import { replaceSecretsKey, secretsKeyFile } from '../../adapters/age/secrets-key.ts';
import { makeSecret } from '../../controller/supervisor/resolve-secrets.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { OpenedSecrets } from './open-secrets.ts';
import { readSecretValue } from './read-secret-value.ts';

/**
 * Puts a new key of the site into use and encrypts everything to it; returns what to tell the
 * person. Killed at any point it loses nothing: the new key is in its file, beside the old ones,
 * before anything is encrypted to it. Files that cannot be opened are refused first.
 */
export async function rotateKey({ site, secrets }: OpenedSecrets): Promise<string> {
  const files = [secrets.file, secrets.generated];
  for (const file of files) await file.list();
  const place = { site, environment: process.env };
  await replaceSecretsKey(place);
  for (const file of files) await file.encryptAgain();
  return (
    `A new key is in use, in ${secretsKeyFile(place)}; everything is encrypted to it.\n` +
    'Commit secrets.age, and bring the key to every machine that has the old one:\n' +
    '`turnout secret key --export` here, `turnout secret key --import` there.\n'
  );
}

/** A new value: made where the old one was, else asked for. */
export async function rotateSecret(
  { services, secrets }: OpenedSecrets,
  name: string,
  fromFile: string | undefined,
): Promise<void> {
  if ((await secrets.environment.get(name)) !== null) return secrets.environment.set(name, '');
  const plans = services.flatMap((service) => service.secrets);
  const plan = plans.find((each) => each.name === name);
  const generate = plan?.generate ?? null;
  const isSet = (await secrets.file.get(name)) !== null;
  // Before anything is asked for.
  if (plan === undefined && !isSet) throw secretUnknown(name);
  if (generate === 'public-half' && !isSet) throw followsFromPrivate(name);
  if (generate !== null && generate !== 'public-half' && !isSet && fromFile === undefined) {
    await secrets.generated.set(name, makeSecret(generate));
  } else {
    await secrets.file.set(name, await readSecretValue(name, fromFile));
  }
}

export function secretUnknown(name: string): TurnoutError {
  return new TurnoutError(
    'secret-unknown',
    `${name} is not set here.`,
    'See `turnout secret list` for those that are; one of the environment is changed there.',
  );
}

function followsFromPrivate(name: string): TurnoutError {
  return new TurnoutError(
    'secret-name-invalid',
    `${name} is the public half of a key pair.`,
    'Rotate the secret without _PUBLIC at its end; this one follows.',
  );
}
