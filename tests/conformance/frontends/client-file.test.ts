import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { parseFrontendRelease } from '../../../src/contract/frontend-release.ts';
import type { Blobs } from '../../../src/ports/blobs/port.ts';
import { publishFrontend } from '../../../src/release/frontends/publish-frontend.ts';
import { writeFiles, type SiteFiles } from '../../support/frontend-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = await temporaryFolder('client-file');
const state = await openSqliteState({ folder: root });
after(() => state.close());
const blobs = await openFilesystemBlobs({ folder: join(root, 'blobs') });

async function publish(files: SiteFiles, client: string | null): Promise<string> {
  const directory = await mkdtemp(join(root, 'files-'));
  await writeFiles(directory, files);
  const place = { prefix: '/', fallback: null, notFound: null, client };
  const ports = { blobs, state, clock: systemClock, progress: () => undefined };
  return (await publishFrontend({ name: 'home', directory, place, ...ports })).release;
}

describe('a frontend with a client', () => {
  test('holds what browsers import, among its own files and in order', async () => {
    const { files } = await releaseOf(
      await publish({ 'a.html': 'a', 'z.txt': 'z' }, 'lib/client.js'),
    );
    const paths = files.map(({ path }) => path);
    assert.deepEqual(paths, ['a.html', 'lib/client.js', 'z.txt']);
    const file = files[1];
    assert.ok(file);
    assert.match(file.type, /^text\/javascript/);
    const text = Buffer.from(await bytesOf(blobs, file.content.digest)).toString();
    const url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
    const client = (await import(url)) as Record<string, unknown>;
    const names = ['ClientProblem', 'forgetKept', 'onHealth', 'read', 'send'];
    assert.deepEqual(Object.keys(client).sort(), names);
  });

  test('is the same release each time, and another one without it', async () => {
    const files = { 'a.html': 'a' };
    const first = await publish(files, 'client.js');
    assert.equal(await publish(files, 'client.js'), first);
    assert.notEqual(await publish(files, null), first);
  });

  test('is refused where the folder holds a file of that name', async () => {
    await assert.rejects(publish({ 'client.js': 'mine' }, 'client.js'), {
      code: 'frontend-client-taken',
      message: /`client: client\.js`, and .* holds a file of that name/,
    });
  });
});

async function releaseOf(digest: string): Promise<ReturnType<typeof parseFrontendRelease>> {
  return parseFrontendRelease(await bytesOf(blobs, digest));
}

async function bytesOf(store: Blobs, digest: string): Promise<Uint8Array> {
  const bytes = await store.get(digest);
  assert.ok(bytes);
  return bytes;
}
