import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { completeReplacement, placeFolder, readyName, replaceFolder } from './replace-folder.ts';

async function folders(): Promise<{ readonly root: string; readonly target: string }> {
  const root = await temporaryFolder('replace');
  for (const name of ['old', 'fresh']) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'is'), name);
  }
  renameSync(join(root, 'old'), join(root, 'target'));
  return { root, target: join(root, 'target') };
}

const is = (folder: string): string => readFileSync(join(folder, 'is'), 'utf8');

test('a folder takes the place of another, which is kept', async () => {
  const { root, target } = await folders();
  await replaceFolder(join(root, 'fresh'), target, join(root, 'aside'));
  assert.equal(is(target), 'fresh');
  assert.equal(is(join(root, 'aside')), 'old');
  assert.equal(completeReplacement(target), false);
});

test('a folder takes a place that is free', async () => {
  const { root } = await folders();
  const target = join(root, 'elsewhere');
  await replaceFolder(join(root, 'fresh'), target, join(root, 'aside'));
  assert.equal(is(target), 'fresh');
  assert.deepEqual(readdirSync(root).sort(), ['elsewhere', 'target']);
});

test('a replacement that was cut off after any step is finished, or never began', async () => {
  const { root, target } = await folders();
  renameSync(join(root, 'fresh'), readyName(target));
  assert.equal(completeReplacement(target), false, 'the old one is in force');
  assert.equal(is(target), 'old');
  renameSync(target, join(root, 'aside'));
  assert.equal(completeReplacement(target), true);
  assert.equal(is(target), 'fresh');
});

test('a folder that may replace none leaves what came meanwhile', async () => {
  const { root, target } = await folders();
  assert.equal(await placeFolder(join(root, 'fresh'), target), false);
  assert.equal(is(target), 'old');
  assert.equal(await placeFolder(join(root, 'fresh'), join(root, 'free')), true);
  assert.equal(is(join(root, 'free')), 'fresh');
});
