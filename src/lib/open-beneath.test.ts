import assert from 'node:assert/strict';
import { constants, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { inFolder, openFolderBeneath, openPlainFileBeneath } from './open-beneath.ts';

const { O_RDONLY } = constants;

interface Folders {
  readonly root: string;
  readonly middle: string;
  readonly outside: string;
}

/** Data with a folder in the middle, and one elsewhere that looks the same. */
async function folders(): Promise<Folders> {
  const at = await temporaryFolder('beneath');
  const [root, outside] = [join(at, 'root'), join(at, 'outside')];
  const middle = join(root, 'base', 'middle');
  for (const [folder, content] of [
    [middle, 'own'],
    [outside, 'of others'],
  ] as const) {
    mkdirSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'deep', 'file'), content);
  }
  return { root, middle, outside };
}

const refused = (error: NodeJS.ErrnoException): boolean =>
  ['ENOTDIR', 'ELOOP', 'ENOENT'].includes(error.code ?? '');

async function read(root: string): Promise<string> {
  const file = await openPlainFileBeneath(root, 'base/middle/deep/file', O_RDONLY);
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

test('files and folders deep beneath a folder are opened', async () => {
  const { root } = await folders();
  assert.equal(await read(root), 'own');
  const folder = await openFolderBeneath(root, 'base/middle');
  assert.deepEqual(await readdir(inFolder(folder, '.')), ['deep']);
  await folder.close();
});

test('a link in the place of a folder on the way is refused', async () => {
  const { root, middle, outside } = await folders();
  renameSync(middle, `${middle}.away`);
  symlinkSync(outside, middle);
  await assert.rejects(read(root), refused);
  await assert.rejects(openFolderBeneath(root, 'base/middle'), refused);
  await assert.rejects(openFolderBeneath(root, 'base/middle/deep'), refused);
});

test('nothing leads above the folder', async () => {
  const { root } = await folders();
  await assert.rejects(openFolderBeneath(root, 'base/../../outside'), /leads out/);
});

test('who exchanges a folder for a link over and over has nothing of others read', async (t) => {
  const { root, middle, outside } = await folders();
  symlinkSync(outside, `${middle}.link`);
  const exchange = `
    const { renameSync } = require('node:fs');
    const { middle } = require('node:worker_threads').workerData;
    for (;;) {
      renameSync(middle, middle + '.away');
      renameSync(middle + '.link', middle);
      renameSync(middle, middle + '.link');
      renameSync(middle + '.away', middle);
    }`;
  const worker = new Worker(exchange, { eval: true, workerData: { middle } });
  t.after(() => worker.terminate());
  const seen = { own: 0, refused: 0 };
  const untilMs = performance.now() + 10_000;
  while ((seen.own < 20 || seen.refused < 20) && performance.now() < untilMs) {
    const content = await read(root).catch((error: NodeJS.ErrnoException) => {
      assert.ok(refused(error), String(error));
      return null;
    });
    if (content === null) seen.refused += 1;
    else seen.own += content === 'own' ? 1 : assert.fail(content);
  }
  assert.ok(seen.refused > 0, 'it was exchanged meanwhile');
});
