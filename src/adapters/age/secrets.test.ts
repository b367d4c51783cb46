import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateX25519Identity } from 'age-encryption';
import { describeSecrets } from '../../ports/secrets/contract.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import {
  acceptSecretsKeys,
  addSecretsKey,
  createSecretsKey,
  keyText,
  replaceSecretsKey,
  secretsKeyFile,
} from './secrets-key.ts';
import { createAgeSecrets } from './secrets.ts';

const root = await temporaryFolder('secrets');
const { randomness } = testSeed('age secrets');

async function newSite() {
  const folder = await mkdtemp(join(root, 'site-'));
  const file = join(folder, 'secrets.age');
  const environment = { XDG_CONFIG_HOME: join(folder, 'config') };
  const keyFile = join(folder, 'config', 'turnout', 'campaign.key');
  const secrets = createAgeSecrets({ file, site: 'campaign', environment });
  return { folder, file, keyFile, secrets };
}

describeSecrets('an age-encrypted file', {
  kind: 'writable',
  async open(values) {
    const { secrets } = await newSite();
    for (const [name, value] of Object.entries(values)) await secrets.set(name, value);
    return secrets;
  },
});

test('the first secret makes a key that only its owner can read, outside of the site', async () => {
  const { folder, file, keyFile, secrets } = await newSite();
  await secrets.set('PROCESSOR_KEY', 'correct horse battery staple');
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  const text = await readFile(file, 'utf8');
  assert.match(text, /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  assert.ok(!text.includes('PROCESSOR_KEY') && !text.includes('horse'));
  assert.deepEqual((await readdir(folder)).sort(), ['config', 'secrets.age']);
});

test('the key may come in the environment, as text or as another file', async () => {
  const { file, keyFile, secrets } = await newSite();
  await secrets.set('A', 'value');
  const key = await readFile(keyFile, 'utf8');
  for (const environment of [{ TURNOUT_SECRETS_KEY: key }, { TURNOUT_SECRETS_KEY_FILE: keyFile }]) {
    const elsewhere = createAgeSecrets({ file, site: 'other', environment });
    assert.equal(await elsewhere.get('A'), 'value');
  }
});

test('a missing, wrong, exposed or broken key is named, and nothing is overwritten', async () => {
  const { file, keyFile, secrets } = await newSite();
  await secrets.set('A', 'value');
  const before = await readFile(file, 'utf8');
  const key = await readFile(keyFile, 'utf8');
  const refuses = async (code: string, environment: Record<string, string>) => {
    const secrets = createAgeSecrets({ file, site: 'campaign', environment });
    await assert.rejects(secrets.get('A'), { code });
    await assert.rejects(secrets.set('B', 'new'), { code });
  };
  await refuses('secrets-key-missing', { XDG_CONFIG_HOME: join(root, 'nowhere') });
  await refuses('secrets-key-wrong', { TURNOUT_SECRETS_KEY: await generateX25519Identity() });
  await refuses('secrets-key-invalid', { TURNOUT_SECRETS_KEY: 'AGE-SECRET-KEY-1NONSENSE' });
  await chmod(keyFile, 0o644);
  await refuses('secrets-key-exposed', { TURNOUT_SECRETS_KEY_FILE: keyFile });
  assert.equal(await readFile(file, 'utf8'), before);
  await chmod(keyFile, 0o600);
  assert.equal(await secrets.get('A'), 'value');
  assert.ok(key.includes('AGE-SECRET-KEY-1'));
});

test('a retired key still opens what was encrypted to it, and nothing new is', async () => {
  const { folder, file, keyFile, secrets } = await newSite();
  await secrets.set('A', 'value');
  const older = await readFile(file, 'utf8');
  const environment = { XDG_CONFIG_HOME: join(folder, 'config') };
  const [, oldKey = ''] = (await readFile(keyFile, 'utf8')).split('\n');
  await replaceSecretsKey({ site: 'campaign', environment });
  await secrets.encryptAgain();
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  const reader = createAgeSecrets({ file, site: 'campaign', environment });
  assert.equal(await reader.get('A'), 'value');
  const thief = createAgeSecrets({
    file,
    site: 'campaign',
    environment: { TURNOUT_SECRETS_KEY: oldKey },
  });
  await assert.rejects(thief.get('A'), { code: 'secrets-key-wrong' });
  await writeFile(file, older);
  assert.equal(await reader.get('A'), 'value');
});

test('a key that is there is never written over, nor is one rotated that is given', async () => {
  const { folder, keyFile, secrets } = await newSite();
  await secrets.set('A', 'value');
  const place = { site: 'campaign', environment: { XDG_CONFIG_HOME: join(folder, 'config') } };
  const before = await readFile(keyFile, 'utf8');
  assert.equal(await addSecretsKey(place, await generateX25519Identity()), null);
  assert.equal(await readFile(keyFile, 'utf8'), before);
  const given = { site: 'campaign', environment: { TURNOUT_SECRETS_KEY: before } };
  await assert.rejects(replaceSecretsKey(given), { code: 'secrets-key-given' });
});

test('a key that was rotated is taken by a machine with the old one, and by no other', async () => {
  const here = {
    site: 'campaign',
    environment: { XDG_CONFIG_HOME: await mkdtemp(join(root, 'machine-')) },
  };
  const there = {
    site: 'campaign',
    environment: { XDG_CONFIG_HOME: await mkdtemp(join(root, 'machine-')) },
  };
  const elsewhere = {
    site: 'campaign',
    environment: { XDG_CONFIG_HOME: await mkdtemp(join(root, 'machine-')) },
  };
  const first = await keyText(await createSecretsKey(here));
  assert.notEqual(await acceptSecretsKeys(there, first), null);
  await createSecretsKey(elsewhere);
  await replaceSecretsKey(here);
  const second = await readFile(secretsKeyFile(here), 'utf8');
  assert.notEqual(await acceptSecretsKeys(there, second), null);
  assert.equal(await readFile(secretsKeyFile(there), 'utf8'), second);
  assert.equal((await stat(secretsKeyFile(there))).mode & 0o777, 0o600);
  assert.equal(await acceptSecretsKeys(elsewhere, second), null);
  // One that comes late takes nothing back.
  assert.equal(await acceptSecretsKeys(there, first), null);
  assert.equal(await readFile(secretsKeyFile(there), 'utf8'), second);
});

test('a file that was changed anywhere is refused, whole', async () => {
  const { file, secrets } = await newSite();
  for (let index = 0; index < 20; index += 1) await secrets.set(`NAME_${index}`, 'x'.repeat(50));
  const good = await readFile(file, 'utf8');
  for (let round = 0; round < 60; round += 1) {
    const place = randomness.integer(good.length);
    const other = good[place] === 'A' ? 'B' : 'A';
    if (good[place] === '\n') continue;
    await writeFile(file, good.slice(0, place) + other + good.slice(place + 1));
    await assert.rejects(secrets.list(), refusal, `character ${place}`);
  }
  await writeFile(file, good.slice(0, -200));
  await assert.rejects(secrets.list(), { code: 'secrets-corrupt' });
  await writeFile(file, '');
  await assert.rejects(secrets.list(), { code: 'secrets-corrupt' });
});

function refusal(error: Error & { code?: string }): boolean {
  return error.code === 'secrets-corrupt' || error.code === 'secrets-key-wrong';
}
