import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { BackupFolder, removeTree } from './backup-folder.ts';

test('a link in the place of what was cut off goes, and nothing that it leads to', async () => {
  const others = await temporaryFolder('others');
  mkdirSync(join(others, 'precious'));
  writeFileSync(join(others, 'precious', 'file'), 'kept');
  const path = await temporaryFolder('backups');
  symlinkSync(others, join(path, '.partial-20260101T000000Z-abcdef'));
  await new BackupFolder(path).removeUnfinished();
  assert.equal(existsSync(join(path, '.partial-20260101T000000Z-abcdef')), false);
  assert.equal(readFileSync(join(others, 'precious', 'file'), 'utf8'), 'kept');
});

test('read-only folders go, and a link in one leads nowhere', async () => {
  const others = await temporaryFolder('others');
  writeFileSync(join(others, 'file'), 'kept');
  const path = join(await temporaryFolder('backups'), 'tree');
  mkdirSync(join(path, 'below'), { recursive: true });
  symlinkSync(others, join(path, 'below', 'link'));
  await removeTree(path);
  await removeTree(path);
  assert.equal(existsSync(path), false);
  assert.equal(readFileSync(join(others, 'file'), 'utf8'), 'kept');
});
