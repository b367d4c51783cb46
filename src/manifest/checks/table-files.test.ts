import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel } from '../load-model.ts';
import type { Reader } from '../reader.ts';
import { memoryReader } from '../memory-reader.ts';

const site = {
  'site.yaml': 'turnout: 1\nsite: demo\nservices: [services/*]\n',
  'services/page/service.yaml':
    'turnout: 1\nservice: page\nwhat: Shows a page.\nat: http://127.0.0.1:1\n' +
    'features: { page: { tier: sheddable, routes: GET / } }\n',
  'edge.yaml': 'turnout: 1\ntables: { words: { kind: set, file: words.txt } }\n',
};

async function codesOf(reader: Reader): Promise<readonly string[]> {
  const result = await loadModel(reader);
  return result.kind === 'refused' ? result.problems.map(({ code }) => code) : [];
}

test('a file has as many entries as a table may have, and not one more', async () => {
  const full = 'a\n'.repeat(1_000_000);
  assert.deepEqual(await codesOf(memoryReader({ ...site, 'words.txt': full })), []);
  const over = memoryReader({ ...site, 'words.txt': `${full}a\n` });
  assert.deepEqual(await codesOf(over), ['table-too-long']);
});

test('a file that cannot be read as text is told of, and one that is missing once', async () => {
  const reader = memoryReader({ ...site, 'words.txt': '' });
  const failing = (outcome: Awaited<ReturnType<Reader['read']>>): Reader => ({
    ...reader,
    read: (path, limit) =>
      path === 'words.txt' ? Promise.resolve(outcome) : reader.read(path, limit),
  });
  const why = 'it is not UTF-8';
  assert.deepEqual(await codesOf(failing({ kind: 'unreadable', why })), ['file-unreadable']);
  const bytes = 65 * 1024 * 1024;
  assert.deepEqual(await codesOf(failing({ kind: 'too-large', bytes })), ['file-too-large']);
  assert.deepEqual(await codesOf(memoryReader(site)), ['file-missing']);
});
