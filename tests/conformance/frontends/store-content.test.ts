import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { storeFile } from '../../../src/release/frontends/store-content.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a file that grows while it is published is as long as what is served of it', async () => {
  const folder = await temporaryFolder('store-content');
  const blobs = await openFilesystemBlobs({ folder });
  for (const bytes of [100, 9 * 1024 ** 2]) {
    const absolute = join(folder, `file-${bytes}`);
    await writeFile(absolute, Buffer.alloc(bytes, 'x'));
    const found = { path: 'file', absolute, bytes };
    await appendFile(absolute, 'more');
    // Stored by a publication before, and then by one that found it shorter.
    await storeFile(blobs, { ...found, bytes: bytes + 4 });
    const content = await storeFile(blobs, found);
    assert.equal(content.bytes, (await blobs.get(content.digest))?.length);
  }
});
