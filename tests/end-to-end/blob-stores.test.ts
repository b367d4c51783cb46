import assert from 'node:assert/strict';
import { chmod, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { eventually } from '../support/eventually.ts';
import { tinySite } from '../support/tiny-site.ts';

const tiny = tinySite({ instances: 1, workers: 1 });
let site: TestSite;
let near: string;
let far: string;
before(async () => {
  site = await createSite({
    ...tiny,
    'site.yaml': `${tiny['site.yaml']}frontends: { /page: page }\nblobs: { stores: [near, far] }\n`,
    'page/index.html': '<p>first</p>',
    'page/other.txt': 'other',
    'dist/index.html': '<p>second</p>',
  });
  await site.up();
  near = join(site.folder.blobs, 'sha256');
  far = join(site.folder.blobs, 'far', 'sha256');
});
after(() => site.close());

async function text(path: string): Promise<string> {
  return (await fetch(`${await site.origin()}/page/${path}`)).text();
}

async function held(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names.flatMap((each) => (each.isFile() ? [each.name] : [])).sort();
}

test('every blob lies in both stores', async () => {
  await eventually('the first release is in both', async () => {
    const [one, other] = await Promise.all([held(near), held(far)]);
    return one.length > 4 && one.join() === other.join();
  });
});

test('with one store gone the site serves, publishes in one region, and says so', async () => {
  await rename(far, `${far}.gone`);
  // Not a folder any more: nothing can be read or written there.
  await writeFile(far, 'gone');
  const published = await site.run('frontend', 'publish', 'page', join(site.directory, 'dist'));
  assert.equal(published.code, 0, published.stderr);
  assert.match(published.stdout, /One region only: far lacks \d+ of its blobs/);
  await eventually('it is served', async () => (await text('')).includes('second'));
  await site.until(
    'it is told',
    ({ notes }) =>
      notes.some(({ code, about }) => code === 'blob-store-failing' && about === 'far'),
    60_000,
  );
});

test('with the other store gone it is served from the one that is left, and mended', async () => {
  await chmod(far, 0o600);
  await rename(far, `${far}.file`);
  await rename(`${far}.gone`, far);
  await eventually(
    'a repair has brought what it lacked',
    async () => {
      const [one, other] = await Promise.all([held(near), held(far)]);
      return one.length > 0 && one.every((name) => other.includes(name));
    },
    60_000,
  );
  await rename(near, `${near}.gone`);
  await writeFile(near, 'gone');
  assert.equal((await site.run('frontend', 'rollback', 'page')).code, 0);
  await eventually('the release before is served', async () => (await text('')).includes('first'));
  assert.equal(await text('other.txt'), 'other');
});
