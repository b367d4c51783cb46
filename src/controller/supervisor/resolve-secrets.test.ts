import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { supervisedPlan } from '../../../tests/support/supervised-site.ts';
import type { SecretPlan } from '../../derive/release-plan/release-plan.ts';
import type { Secrets } from '../../ports/secrets/port.ts';
import { digestSecrets, resolveSecrets } from './resolve-secrets.ts';

/** Kept in memory: what the port promises and nothing else. */
function memorySecrets(values: Record<string, string> = {}): Secrets {
  return {
    get: async (name) => values[name] ?? null,
    list: async () => Object.keys(values),
    obtain: async (name, make) => (values[name] ??= make()),
    set: async (name, value) => void (values[name] = value),
    delete: async (name) => delete values[name],
  };
}

const pair: readonly SecretPlan[] = [
  { name: 'KEY', generate: 'key-pair' },
  { name: 'KEY_PUBLIC', generate: 'public-half' },
];

function privateKey(): string {
  const made = generateKeyPairSync('ed25519');
  return made.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}

test('the halves of a pair belong together, whoever asks first', async () => {
  const secrets = memorySecrets();
  const half = supervisedPlan({ secrets: [{ name: 'KEY_PUBLIC', generate: 'public-half' }] });
  const { KEY_PUBLIC = '' } = await resolveSecrets(half, secrets);
  const { KEY = '' } = await resolveSecrets(supervisedPlan({ secrets: pair }), secrets);
  const own = createPrivateKey({ key: Buffer.from(KEY, 'base64'), format: 'der', type: 'pkcs8' });
  const other = createPublicKey({
    key: Buffer.from(KEY_PUBLIC, 'base64'),
    format: 'der',
    type: 'spki',
  });
  const text = Buffer.from('signed');
  assert.equal(verify(null, text, other, sign(null, text, own)), true);
});

test('a private key that a person set has its public half too; nonsense is refused', async () => {
  const plan = supervisedPlan({ secrets: pair });
  const KEY = privateKey();
  const { KEY_PUBLIC = '' } = await resolveSecrets(plan, memorySecrets({ KEY }));
  assert.equal(Buffer.from(KEY_PUBLIC, 'base64').length, 44);
  await assert.rejects(resolveSecrets(plan, memorySecrets({ KEY: 'nonsense' })), (error: Error) => {
    assert.equal((error as Error & { code?: string }).code, 'secret-key-pair-invalid');
    assert.ok(!`${error.message}${String(error.cause)}`.includes('nonsense'));
    return true;
  });
});

test('a secret that nobody set or makes is named with its remedy', async () => {
  const plan = supervisedPlan({ secrets: [{ name: 'PROCESSOR_KEY', generate: null }] });
  await assert.rejects(resolveSecrets(plan, memorySecrets()), {
    code: 'secret-missing',
    remedy: /turnout secret set PROCESSOR_KEY/,
  });
});

test('the digest changes with a value, and tells nothing without the key of the site', async () => {
  const plan = supervisedPlan({ secrets: [{ name: 'KEY', generate: null }] });
  const secrets = memorySecrets({ KEY: 'one' });
  const first = await digestSecrets(plan, secrets);
  assert.equal(await digestSecrets(plan, secrets), first);
  assert.notEqual(await digestSecrets(plan, memorySecrets({ KEY: 'one' })), first);
  await secrets.set('KEY', 'two');
  assert.notEqual(await digestSecrets(plan, secrets), first);
  assert.equal(await digestSecrets(supervisedPlan(), secrets), null);
});
