import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { copyFile } from './copy-file.ts';

test('a file is copied up to where it was', async () => {
  const folder = await temporaryFolder('copy');
  const [source, target] = [join(folder, 'source'), join(folder, 'target')];
  writeFileSync(source, 'before and after');
  const { bytes } = await copyFile(source, target, { limitBytes: 6 });
  assert.equal(bytes, 6);
  assert.equal(readFileSync(target, 'utf8'), 'before');
});

test('a file that became a link is not copied from where that leads', async () => {
  const folder = await temporaryFolder('copy');
  const [outside, source, target] = ['outside', 'source', 'target'].map((it) => join(folder, it));
  assert.ok(outside !== undefined && source !== undefined && target !== undefined);
  writeFileSync(outside, 'of others');
  symlinkSync(outside, source);
  await assert.rejects(copyFile(source, target), { code: 'ELOOP' });
  assert.equal(existsSync(target), false);
});

test('nor is a file below a folder that became a link', async () => {
  const folder = await temporaryFolder('copy');
  const [data, outside, target] = ['data', 'outside', 'target'].map((it) => join(folder, it));
  assert.ok(data !== undefined && outside !== undefined && target !== undefined);
  mkdirSync(data);
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'of others');
  symlinkSync(outside, join(data, 'base'));
  const source = join(data, 'base', 'file');
  await assert.rejects(copyFile(source, target, { root: data }), { code: 'ENOTDIR' });
  assert.equal(existsSync(target), false);
});
