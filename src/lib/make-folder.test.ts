import assert from 'node:assert/strict';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { makeFolder } from './make-folder.ts';

const root = await temporaryFolder('make-folder');
const refusal = { code: 'folder-not-made' };

describe('makeFolder', () => {
  test('makes what is missing above it too, with the mode asked for', () => {
    const path = join(root, 'a/b/c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o700);
    for (const each of ['a', 'a/b', 'a/b/c']) {
      assert.equal(statSync(join(root, each)).mode & 0o777, 0o700);
    }
  });

  test('refuses at once where no folder can be made, as in /proc', () => {
    assert.throws(() => makeFolder('/proc/no-such-process/folder'), refusal);
  });

  test('refuses where a file or a link to nowhere is in the way', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'link'));
    for (const path of ['file', 'file/below', 'link']) {
      assert.throws(() => makeFolder(join(root, path)), refusal, path);
    }
  });
});
