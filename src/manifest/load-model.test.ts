import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadModel } from './load-model.ts';
import type { Model } from './model.ts';
import { referenceSite, referenceSiteFiles } from './reference/reference-site.ts';

async function modelOf(changes: Readonly<Record<string, string>> = {}): Promise<Model> {
  const result = await loadModel(referenceSite(changes));
  assert.ok(result.kind === 'model', JSON.stringify(result));
  return result.model;
}

function isFrozen(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

const site = referenceSiteFiles()['site.yaml'] ?? '';

describe('loadModel', () => {
  test('freezes the Model to its last leaf', async () => {
    assert.ok(isFrozen(await modelOf()));
  });

  test('gives equal manifests equal digests, whatever their comments and short forms', async () => {
    const { digest } = await modelOf();
    const long = site
      .replaceAll(/ +#.*$/gm, '')
      .replace('archive: postgres', 'archive: { kind: postgres, replicas: 0 }');
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    assert.equal((await modelOf({ 'site.yaml': long })).digest, digest);
  });

  test('gives other manifests other digests', async () => {
    const other = site.replace('cache: 1m', 'cache: 2m');
    assert.notEqual((await modelOf({ 'site.yaml': other })).digest, (await modelOf()).digest);
  });

  test('knows nothing of the machine it runs on', async () => {
    assert.ok(!JSON.stringify(await modelOf()).includes(process.cwd()));
  });

  test('takes the environment that is asked for, and refuses one that is not there', async () => {
    const production = await loadModel(referenceSite(), { environment: 'production' });
    assert.ok(production.kind === 'model');
    assert.deepEqual(production.model.site.backbone, {
      kind: 'nats',
      url: 'nats://nats.internal:4222',
    });
    assert.equal(production.model.services[0]?.scale.max, 40);
    const refused = await loadModel(referenceSite(), { environment: 'moon' });
    assert.ok(refused.kind === 'refused');
    assert.deepEqual(
      refused.problems.map(({ code }) => code),
      ['unknown-environment'],
    );
  });
});
