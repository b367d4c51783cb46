import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { openPlainFile } from './open-plain-file.ts';

test('a file is opened, and made where the flags say so', async () => {
  const file = join(await temporaryFolder('plain'), 'file');
  const made = await openPlainFile(file, constants.O_WRONLY | constants.O_CREAT);
  await made.writeFile('content');
  await made.close();
  const handle = await openPlainFile(file, constants.O_RDONLY);
  assert.equal(await handle.readFile('utf8'), 'content');
  await handle.close();
});

test('a link is not followed, to read or to write', async () => {
  const folder = await temporaryFolder('plain');
  const [outside, link] = [join(folder, 'outside'), join(folder, 'link')];
  writeFileSync(outside, 'of others');
  symlinkSync(outside, link);
  for (const flags of [constants.O_RDONLY, constants.O_WRONLY | constants.O_CREAT]) {
    await assert.rejects(openPlainFile(link, flags), { code: 'ELOOP' });
  }
  assert.equal(readFileSync(outside, 'utf8'), 'of others');
});

test('a pipe is not waited for', async () => {
  const pipe = join(await temporaryFolder('plain'), 'pipe');
  execFileSync('mkfifo', [pipe]);
  await assert.rejects(openPlainFile(pipe, constants.O_RDONLY), /is no plain file/);
});
