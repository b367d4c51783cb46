import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { privateHalfOf } from '../../contract/secret-names.ts';
import type { SecretPlan, ServicePlan } from '../../derive/release-plan/release-plan.ts';
import type { Secrets } from '../../ports/secrets/port.ts';

/** No manifest can name it: those names begin with a letter. */
const digestKeyName = '_DIGEST_KEY';

/**
 * The secrets of a service as variables of its instances' environment; those that it lets be
 * generated are made at the first call. Rejects with TurnoutError `secret-missing` for one that
 * nobody has set.
 */
export async function resolveSecrets(
  { service, secrets: plans }: ServicePlan,
  secrets: Secrets,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const plan of plans) {
    const value = await valueOf(plan, secrets);
    if (value === null) throw missing(service, plan.name);
    values[plan.name] = value;
  }
  return values;
}

/**
 * Tells whether the secrets of a service are still the same, and nothing else about them: a digest
 * with a key of the site's own, so that nobody can try values against it. Null without secrets.
 */
export async function digestSecrets(plan: ServicePlan, secrets: Secrets): Promise<string | null> {
  if (plan.secrets.length === 0) return null;
  const values: Record<string, string | null> = {};
  for (const one of plan.secrets) values[one.name] = await valueOf(one, secrets);
  const key = await secrets.obtain(digestKeyName, () => makeSecret('random'));
  return createHmac('sha256', key).update(canonicalJson(values)).digest('hex');
}

async function valueOf({ name, generate }: SecretPlan, secrets: Secrets): Promise<string | null> {
  switch (generate) {
    case null:
      return secrets.get(name);
    case 'random':
    case 'key-pair':
      return secrets.obtain(name, () => makeSecret(generate));
    case 'public-half':
      return (await secrets.get(name)) ?? publicHalf(privateHalfOf(name), secrets);
  }
}

/**
 * 32 random bytes as base64url, or an Ed25519 private key (PKCS#8, DER, base64). The system's own
 * randomness, also where a simulation has another: nobody must be able to replay it.
 */
export function makeSecret(how: 'random' | 'key-pair'): string {
  if (how === 'random') return randomBytes(32).toString('base64url');
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}

/** Never kept: it follows from the private half, so the two cannot come apart. */
async function publicHalf(name: string, secrets: Secrets): Promise<string> {
  const value = await secrets.obtain(name, () => makeSecret('key-pair'));
  try {
    const der = Buffer.from(value, 'base64');
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');
  } catch {
    // Without a cause: it may hold a part of the value.
    throw new TurnoutError(
      'secret-key-pair-invalid',
      `The secret ${name} is set to something that is no private key.`,
      'Set it to a private key as PKCS#8, DER, base64; or delete it, and one is made.',
    );
  }
}

function missing(service: string, name: string): TurnoutError {
  return new TurnoutError(
    'secret-missing',
    `${service} needs the secret ${name}, and it is not set.`,
    `Set it with \`turnout secret set ${name}\`; the service starts by itself then.`,
  );
}
