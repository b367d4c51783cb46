import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import type { BackupManifest } from './backup-manifest.ts';
import { FileStage } from './stage-files.ts';

/** Stages a folder into a new backup and says what is in it. */
async function stage(
  source: string,
  folder: string,
  previous: { readonly folder: string; readonly manifest: BackupManifest } | null,
): Promise<Pick<BackupManifest, 'files' | 'folders' | 'links'>> {
  mkdirSync(folder);
  const stage = new FileStage({ folder, previous, progress: () => undefined });
  await stage.tree(source, 'releases');
  await stage.sync();
  return stage.contents;
}

test('whatever files are called, a backup that shares has them all', async () => {
  const root = await temporaryFolder('stage');
  const source = join(root, 'source');
  mkdirSync(source);
  // Names as they come of putting something behind another one's.
  const names = ['a', 'a.shared', 'a.shared.shared', 'b.shared', 'b', 'c', '.c.tmp', '.partial-c'];
  for (const name of names) writeFileSync(join(source, name), `content of ${name}`);
  const first = await stage(source, join(root, 'first'), null);
  const manifest = first as BackupManifest;
  for (let round = 0; round < 5; round++) {
    const folder = join(root, `again-${round}`);
    const { files } = await stage(source, folder, { folder: join(root, 'first'), manifest });
    assert.deepEqual(
      files.map(({ path }) => path),
      names.map((name) => `releases/${name}`).sort(),
    );
    for (const { path } of files) {
      const name = path.slice('releases/'.length);
      assert.equal(readFileSync(join(folder, 'state', path), 'utf8'), `content of ${name}`);
    }
  }
});
