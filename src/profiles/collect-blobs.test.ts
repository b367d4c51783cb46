import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openFilesystemBlobs } from '../adapters/filesystem/blobs.ts';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { CONFIGURATION_KEY, FRONTENDS_PREFIX } from '../contract/keys.ts';
import { SNAPSHOTS_PREFIX } from '../contract/snapshots.ts';
import { publishFrontend } from '../release/frontends/publish-frontend.ts';
import { collectBlobs } from './collect-blobs.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-collect-'));
const state = await openSqliteState({ folder });
const blobs = await openFilesystemBlobs({ folder });
after(async () => {
  await state.close();
  rmSync(folder, { recursive: true, force: true });
});

test('what is served or was served before is kept, and the rest goes', async () => {
  const directory = join(folder, 'page');
  mkdirSync(directory);
  const publish = async (text: string): Promise<string> => {
    writeFileSync(join(directory, 'index.html'), text.repeat(200));
    const wanted = {
      name: 'page',
      directory,
      blobs,
      state,
      clock: systemClock,
      progress: () => undefined,
    };
    return (await publishFrontend(wanted)).release;
  };
  const first = await publish('first');
  const second = await publish('second');
  const page = await blobs.put(Buffer.from('a page that the edge answers with'));
  const fallback = await blobs.put(Buffer.from('what a rung answers with'));
  const told = JSON.stringify({
    edge: { files: { 'pages/banned.html': page } },
    policies: { files: { 'services/shop/total.json': fallback } },
  });
  const configuration = await blobs.put(Buffer.from(told));
  await state.put(CONFIGURATION_KEY, { digest: configuration, model: 'sha256:00' });
  const snapshot = await blobs.put(Buffer.from('what the site got of a feature'));
  await state.put(`${SNAPSHOTS_PREFIX}00`, { body: snapshot });
  const stray = await blobs.put(Buffer.from('nobody names this'));

  const { removed } = await collectBlobs({ state, blobs }, 0);
  assert.equal(removed, 1);
  assert.equal(await blobs.has(stray), false);
  for (const digest of [first, second, configuration, page, fallback, snapshot]) {
    assert.ok(await blobs.has(digest));
  }
  assert.equal((await collectBlobs({ state, blobs }, 0)).removed, 0, 'contents are kept too');
});

test('a release that cannot be read stops the collection: nothing is removed', async () => {
  const stray = await blobs.put(Buffer.from('nobody names this either'));
  const gone = `sha256:${'0'.repeat(64)}`;
  const pointer = { frontend: 'lost', release: gone, variants: gone, previous: [] };
  await state.put(`${FRONTENDS_PREFIX}lost`, pointer);
  await assert.rejects(collectBlobs({ state, blobs }, 0), /is missing/);
  assert.ok(await blobs.has(stray));
});
