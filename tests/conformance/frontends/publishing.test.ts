import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openSqliteJournal } from '../../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import {
  parseFrontendRelease,
  parseFrontendVariants,
} from '../../../src/contract/frontend-release.ts';
import { FRONTENDS_PREFIX, type FrontendPointer } from '../../../src/contract/keys.ts';
import { TurnoutError } from '../../../src/lib/errors.ts';
import type { Blobs } from '../../../src/ports/blobs/port.ts';
import type { State } from '../../../src/ports/state/port.ts';
import {
  publishFrontend,
  type PublishedFrontend,
} from '../../../src/release/frontends/publish-frontend.ts';
import { writeFiles, type SiteFiles } from '../../support/frontend-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = await temporaryFolder('publish');
const files: SiteFiles = {
  'index.html': `<!doctype html>${'<p>Hello</p>'.repeat(100)}`,
  'assets/app.js': 'export const x = 1;\n'.repeat(50),
  'assets/same.js': 'export const x = 1;\n'.repeat(50),
  'tiny.txt': 'hi',
};

interface Store {
  readonly blobs: Blobs;
  readonly state: State;
}

async function openStore(): Promise<Store> {
  const folder = await mkdtemp(join(root, 'store-'));
  const state = await openSqliteState({ folder });
  after(() => state.close());
  return { state, blobs: await openFilesystemBlobs({ folder: join(folder, 'blobs') }) };
}

async function folderOf(files: SiteFiles): Promise<string> {
  const folder = await mkdtemp(join(root, 'files-'));
  await writeFiles(folder, files);
  return folder;
}

const said: string[] = [];

function publish(store: Store, directory: string): Promise<PublishedFrontend> {
  said.length = 0;
  return publishFrontend({
    name: 'home',
    directory,
    ...store,
    clock: systemClock,
    progress: (message) => said.push(message),
  });
}

async function pointerOf({ state }: Store): Promise<FrontendPointer> {
  const entry = await state.get(`${FRONTENDS_PREFIX}home`);
  assert.ok(entry);
  return entry.value as FrontendPointer;
}

describe('a release', () => {
  test('of the same files is the same release in every store, whatever the folder', async () => {
    const [one, other] = [await openStore(), await openStore()];
    const reversed = Object.fromEntries(Object.entries(files).toReversed());
    const first = await publish(one, await folderOf(files));
    const second = await publish(other, await folderOf(reversed));
    assert.equal(first.release, second.release);
    assert.deepEqual([first.files, first.changed], [4, true]);
  });

  test('names every file in order, with its content among the blobs', async () => {
    const store = await openStore();
    const { release } = await publish(store, await folderOf(files));
    const bytes = await store.blobs.get(release);
    assert.ok(bytes);
    const read = parseFrontendRelease(bytes);
    assert.deepEqual(
      read.files.map((file) => file.path),
      ['assets/app.js', 'assets/same.js', 'index.html', 'tiny.txt'],
    );
    for (const { path, content } of read.files) {
      const stored = await store.blobs.get(content.digest);
      assert.equal(Buffer.from(stored ?? []).toString(), files[path]);
    }
  });

  test('has variants of what is worth compressing, each content once', async () => {
    const store = await openStore();
    await publish(store, await folderOf(files));
    const bytes = await store.blobs.get((await pointerOf(store)).variants);
    assert.ok(bytes);
    const { contents } = parseFrontendVariants(bytes);
    const made = Object.values(contents).map((variants) => Object.keys(variants).sort());
    assert.deepEqual(made.sort(), [[], ['br', 'gzip', 'zstd'], ['br', 'gzip', 'zstd']]);
    assert.deepEqual(said, ['home: compressing 3 of 4 files']);
  });

  test('of another version is refused with a remedy', () => {
    const newer = Buffer.from('{"version":2}');
    assert.throws(() => parseFrontendRelease(newer), { code: 'frontend-release-unreadable' });
  });

  test('holds a file of 20 MiB without compressing what cannot be compressed', async () => {
    const store = await openStore();
    const directory = await folderOf({ 'index.html': 'x', 'film.mp4': '' });
    await truncate(join(directory, 'film.mp4'), 20 * 1024 ** 2);
    const { bytes, release } = await publish(store, directory);
    assert.equal(bytes, 20 * 1024 ** 2 + 1);
    assert.equal((await publish(store, directory)).release, release);
  });
});

describe('publishing again', () => {
  test('an unchanged folder changes nothing and compresses nothing', async () => {
    const store = await openStore();
    const directory = await folderOf(files);
    await publish(store, directory);
    const before = await pointerOf(store);
    const again = await publish(store, directory);
    assert.equal(again.changed, false);
    assert.deepEqual(said, []);
    assert.deepEqual(await pointerOf(store), before);
  });

  test('a changed folder compresses only what changed, and keeps the release before', async () => {
    const store = await openStore();
    const first = await publish(store, await folderOf(files));
    const changed = { ...files, 'index.html': `<!doctype html>${'<p>Later</p>'.repeat(100)}` };
    const second = await publish(store, await folderOf(changed));
    assert.deepEqual(said, ['home: compressing 1 of 4 files']);
    const { release, previous } = await pointerOf(store);
    assert.equal(release, second.release);
    assert.deepEqual(
      previous.map((each) => each.release),
      [first.release],
    );
  });

  test('an earlier folder is a rollback: nothing is compressed, none listed twice', async () => {
    const store = await openStore();
    const [early, late] = [await folderOf(files), await folderOf({ ...files, 'new.txt': 'new' })];
    const first = await publish(store, early);
    const second = await publish(store, late);
    await publish(store, early);
    assert.deepEqual(said, []);
    const { release, previous } = await pointerOf(store);
    assert.equal(release, first.release);
    assert.deepEqual(
      previous.map((each) => each.release),
      [second.release],
    );
  });

  test('keeps a bounded number of releases', async () => {
    const store = await openStore();
    for (let number = 0; number < 11; number += 1) {
      await publish(store, await folderOf({ 'index.html': `page ${number}` }));
    }
    assert.equal((await pointerOf(store)).previous.length, 8);
  });

  test('by two at once ends with the release of one of them, and both know it', async () => {
    const store = await openStore();
    const [one, other] = [await folderOf(files), await folderOf({ 'index.html': 'other' })];
    const published = await Promise.all([publish(store, one), publish(store, other)]);
    const { release, previous } = await pointerOf(store);
    const both = published.map((each) => each.release).sort();
    assert.deepEqual([release, ...previous.map((each) => each.release)].sort(), both);
  });

  test('is in the journal, with who and what', async () => {
    const store = await openStore();
    const journal = await openSqliteJournal({ folder: await mkdtemp(join(root, 'journal-')) });
    after(() => journal.close());
    const directory = await folderOf(files);
    const wanted = {
      name: 'home',
      directory,
      ...store,
      journal,
      clock: systemClock,
      who: 'cli:ada',
    };
    const { release, bytes } = await publishFrontend({ ...wanted, progress: () => undefined });
    await publishFrontend({ ...wanted, progress: () => undefined });
    const entries = await journal.range({ kind: 'frontend.published' });
    assert.deepEqual(
      entries.map(({ subject, who, data }) => ({ subject, who, data })),
      [{ subject: 'home', who: 'cli:ada', data: { release, files: 4, bytes } }],
    );
  });
});

describe('what cannot be published', () => {
  const refuses = async (directory: string, code: string, message: RegExp): Promise<void> => {
    const store = await openStore();
    await publish(store, await folderOf(files));
    const before = await pointerOf(store);
    await assert.rejects(publish(store, directory), (error) => {
      assert.ok(error instanceof TurnoutError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.notEqual(error.remedy, '');
      return true;
    });
    assert.deepEqual(await pointerOf(store), before, 'what was served before stays');
  };

  test('a folder that does not exist', () =>
    refuses(join(root, 'nowhere'), 'frontend-folder-missing', /home.*nowhere/));

  test('a file in place of a folder', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');
    await refuses(file, 'frontend-folder-missing', /a-file/);
  });

  test('a folder with nothing but dotfiles', async () =>
    refuses(await folderOf({ '.env': 'SECRET=1' }), 'frontend-empty', /home/));

  test('a link out of the folder', async () => {
    const directory = await folderOf(files);
    await symlink('/etc/passwd', join(directory, 'assets/leak.txt'));
    await refuses(directory, 'frontend-link-escapes', /assets\/leak\.txt links to \/etc\/passwd/);
  });

  test('a link to a folder whose name only begins like ours', async () => {
    const directory = await folderOf(files);
    await mkdir(`${directory}-secret`);
    await symlink(`${directory}-secret`, join(directory, 'more'));
    await refuses(directory, 'frontend-link-escapes', /more/);
  });

  test('a link to nothing', async () => {
    const directory = await folderOf(files);
    await symlink('gone.txt', join(directory, 'link.txt'));
    await refuses(directory, 'frontend-file-unreadable', /link\.txt is a link to nothing/);
  });

  test('a folder that holds itself', async () => {
    const directory = await folderOf(files);
    await symlink('.', join(directory, 'loop'));
    await refuses(directory, 'frontend-too-large', /deep/);
  });

  test('a socket', async () => {
    const directory = await folderOf(files);
    const server = createServer().listen(join(directory, 'socket'));
    after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    await refuses(directory, 'frontend-file-unreadable', /socket is neither/);
  });
});

test('a link inside the folder is the file it leads to', async () => {
  const store = await openStore();
  const directory = await folderOf(files);
  await symlink('assets/app.js', join(directory, 'alias.js'));
  const { release } = await publish(store, directory);
  const read = parseFrontendRelease((await store.blobs.get(release)) ?? new Uint8Array());
  const byPath = new Map(read.files.map((file) => [file.path, file.content.digest]));
  assert.equal(byPath.get('alias.js'), byPath.get('assets/app.js'));
  assert.equal(await readFile(join(directory, 'alias.js'), 'utf8'), files['assets/app.js']);
});
