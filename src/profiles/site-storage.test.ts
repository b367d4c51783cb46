import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { siteFeature, siteModel, siteService } from '../../tests/support/site-model.ts';
import { CONFIGURATION_KEY, type ConfigurationPointer } from '../contract/keys.ts';
import { stateFolder } from '../contract/state-folder.ts';
import { fileDigests, type WrittenConfiguration } from '../data-plane/read-configuration.ts';
import { deriveAll, type Derived } from '../derive/all.ts';
import type { Feature } from '../manifest/model.ts';
import { openSitePorts } from './embedded.ts';
import { lastPublished, publishDerived } from './site-storage.ts';

const root = await temporaryFolder('site-storage');
const siteDirectory = join(root, 'site');
await mkdir(join(siteDirectory, 'pages'), { recursive: true });
const ports = await openSitePorts(stateFolder(root));
after(async () => {
  await ports.state.close();
  await ports.journal.close();
});

function derivedWithPage(page: string): Derived {
  const model = siteModel([]);
  const bans = { ...model.edge.bans, page };
  const derivation = deriveAll({ ...model, edge: { ...model.edge, bans } });
  assert.ok(derivation.ok);
  return derivation.derived;
}

async function published(): Promise<WrittenConfiguration> {
  const pointer = (await ports.state.get(CONFIGURATION_KEY))?.value as ConfigurationPointer;
  const bytes = await ports.blobs.get(pointer.digest);
  return JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as WrittenConfiguration;
}

test('what edge.yaml names is stored with the configuration, as it was then', async () => {
  const file = join(siteDirectory, 'pages/banned.html');
  await writeFile(file, 'first');
  await publishDerived(ports, siteDirectory, derivedWithPage('pages/banned.html'));
  await writeFile(file, 'second');
  const configuration = await published();
  assert.ok(configuration.version === 3);
  const digest = configuration.edge.files['pages/banned.html'] ?? '';
  assert.equal(Buffer.from((await ports.blobs.get(digest)) ?? []).toString(), 'first');
  assert.equal((await lastPublished(ports))?.edge.files['pages/banned.html'], digest);
});

test('a file that changed is published anew though no manifest did', async () => {
  const derived = derivedWithPage('pages/banned.html');
  const again = await publishDerived(ports, siteDirectory, derived);
  const same = await publishDerived(ports, siteDirectory, derived);
  assert.deepEqual([again.changed, same.changed], [true, false]);
  assert.ok('pages/banned.html' in same.published.edge.files);
});

test('a file that is gone, or leads out of the site, changes nothing', async () => {
  const before = await published();
  await writeFile(join(root, 'secret'), 'not of this site');
  await symlink(join(root, 'secret'), join(siteDirectory, 'pages/link.html'));
  for (const page of ['pages/none.html', 'pages/link.html', 'pages']) {
    await assert.rejects(publishDerived(ports, siteDirectory, derivedWithPage(page)), {
      code: 'edge-file-unreadable',
    });
  }
  assert.deepEqual(await published(), before);
});

test('what a rung answers with is stored with the configuration too', async () => {
  await writeFile(join(siteDirectory, 'total.json'), '{}');
  const ladder: Feature['ladder'] = [
    { need: null, rungs: [{ kind: 'static', file: 'total.json', methods: null }] },
  ];
  const features = [siteFeature('total', ['GET /total'], { ladder })];
  const derivation = deriveAll(siteModel([siteService('shop', { features })]));
  assert.ok(derivation.ok);
  await publishDerived(ports, siteDirectory, derivation.derived);
  const digest = fileDigests(await published())['total.json'] ?? '';
  assert.equal(Buffer.from((await ports.blobs.get(digest)) ?? []).toString(), '{}');
});
