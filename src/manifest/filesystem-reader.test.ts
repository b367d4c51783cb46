import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { filesystemReader } from './filesystem-reader.ts';
import { memoryReader } from './memory-reader.ts';
import { joinPath, largestFileBytes, type Reader } from './reader.ts';

const root = mkdtempSync(join(tmpdir(), 'turnout-reader-'));
after(() => rmSync(root, { recursive: true }));

const files = { 'site.yaml': 'a: ü\n', 'services/a/service.yaml': 'b', 'services/b/x': '' };
const site = join(root, 'site');
for (const [path, text] of Object.entries(files)) {
  mkdirSync(join(site, path, '..'), { recursive: true });
  writeFileSync(join(site, path), text);
}

const readers: readonly (readonly [string, Reader])[] = [
  ['the file system', filesystemReader(site)],
  ['memory', memoryReader(files)],
];

for (const [name, reader] of readers) {
  describe(`a reader of ${name}`, () => {
    test('reads text', async () => {
      assert.deepEqual(await reader.read('site.yaml'), { kind: 'text', text: 'a: ü\n' });
    });

    test('says what is missing', async () => {
      assert.deepEqual(await reader.read('edge.yaml'), { kind: 'missing' });
      assert.deepEqual(await reader.read('site.yaml/x'), { kind: 'missing' });
    });

    test('lists folders, sorted, and only folders', async () => {
      assert.deepEqual(await reader.folders('services'), ['a', 'b']);
      assert.deepEqual(await reader.folders(''), ['services']);
      assert.deepEqual(await reader.folders('nowhere'), []);
    });

    test('tells files from folders', async () => {
      assert.equal(await reader.look('site.yaml'), 'file');
      assert.equal(await reader.look('services/a'), 'folder');
      assert.equal(await reader.look('services/c'), 'nothing');
    });
  });
}

describe('the reader of the file system', () => {
  const reader = filesystemReader(site);
  writeFileSync(join(root, 'secret'), 'x');

  test('never leads out of the site, by dots or by links', async () => {
    symlinkSync(join(root, 'secret'), join(site, 'link'));
    symlinkSync(root, join(site, 'folder'));
    assert.deepEqual(await reader.read('link'), { kind: 'outside' });
    assert.deepEqual(await reader.read('../secret'), { kind: 'outside' });
    assert.deepEqual(await reader.read('folder/secret'), { kind: 'outside' });
    assert.equal(await reader.look('link'), 'outside');
    assert.deepEqual(await reader.folders('folder'), []);
  });

  test('follows links inside the site', async () => {
    symlinkSync(join(site, 'services/a'), join(site, 'services/linked'));
    assert.deepEqual(await reader.read('services/linked/service.yaml'), {
      kind: 'text',
      text: 'b',
    });
  });

  test('refuses a file that is too large, and says how large', async () => {
    writeFileSync(join(site, 'large.yaml'), 'x'.repeat(largestFileBytes + 1));
    assert.deepEqual(await reader.read('large.yaml'), {
      kind: 'too-large',
      bytes: largestFileBytes + 1,
    });
  });

  test('refuses what is no text', async () => {
    writeFileSync(join(site, 'latin1.yaml'), Buffer.from([0x61, 0xfc]));
    assert.equal((await reader.read('latin1.yaml')).kind, 'unreadable');
    assert.equal((await reader.read('services')).kind, 'unreadable');
  });
});

test('paths join inside the site or not at all', () => {
  assert.equal(joinPath('services/a', './runbooks/'), 'services/a/runbooks');
  assert.equal(joinPath('services/a', '../b/x.md'), 'services/b/x.md');
  for (const path of ['../../../x', '/etc/passwd', 'C:\\x', '..\\x']) {
    assert.equal(joinPath('services/a', path), null, path);
  }
});
