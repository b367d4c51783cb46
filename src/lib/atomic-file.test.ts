import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeFileAtomically } from './atomic-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'turnout-atomic-file-'));
after(() => rm(folder, { recursive: true }));

test('creates a file that only its owner can read', async () => {
  const path = join(folder, 'new');
  await writeFileAtomically(path, 'hello');
  assert.equal(await readFile(path, 'utf8'), 'hello');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('replaces a file whole and leaves nothing beside it', async () => {
  const path = join(folder, 'old');
  await writeFile(path, 'a much longer text than the next');
  await writeFileAtomically(path, new Uint8Array([1, 2, 3]), 0o644);
  assert.deepEqual([...(await readFile(path))], [1, 2, 3]);
  assert.equal((await stat(path)).mode & 0o777, 0o644);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('leaves no temporary file when the replacement fails', async () => {
  await assert.rejects(writeFileAtomically(folder, 'a folder cannot be replaced by a file'));
  const parent = await readdir(join(folder, '..'));
  assert.ok(!parent.some((name) => name.startsWith(`.${folder.split('/').at(-1)}`)));
});

test('of many writers at once one wins whole', async () => {
  const path = join(folder, 'contended');
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
  assert.ok(texts.includes(await readFile(path, 'utf8')));
});
