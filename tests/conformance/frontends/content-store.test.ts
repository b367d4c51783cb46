import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import type { Content } from '../../../src/contract/frontend-release.ts';
import {
  createContentStore,
  type ContentStore,
  type Holding,
} from '../../../src/data-plane/edge/frontends/content-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const blobs = await openFilesystemBlobs({ folder: await temporaryFolder('content') });
const kib = 1_024;

async function contentOf(text: string, bytes = 10 * kib): Promise<Content> {
  return { digest: await blobs.put(Buffer.alloc(bytes, text)), bytes };
}

async function hold(store: ContentStore, content: Content): Promise<Holding> {
  const held = await store.hold(content);
  assert.ok(held);
  assert.deepEqual(held.bytes, held.holding.bytes);
  return held.holding;
}

test('what is held is let go when memory runs out, the unused first', async () => {
  const store = createContentStore(blobs, 30 * kib);
  const names = ['a', 'b', 'c', 'd'];
  const contents = await Promise.all(names.map((name) => contentOf(name)));
  const [hot, cold] = [
    await hold(store, contents[0] as Content),
    await hold(store, contents[1] as Content),
  ];
  const third = await hold(store, contents[2] as Content);
  hot.used = true;
  await hold(store, contents[3] as Content);
  assert.deepEqual(
    [hot, cold, third].map((each) => each.bytes === null),
    [false, true, false],
  );
});

test('everything may be hot, and the bound holds all the same', async () => {
  const store = createContentStore(blobs, 30 * kib);
  const held = [];
  for (let number = 0; number < 20; number += 1) {
    const each = await hold(store, await contentOf(`hot ${number}`));
    each.used = true;
    held.push(each);
  }
  const kept = held.filter((each) => each.bytes !== null);
  assert.ok(kept.length <= 3, `${kept.length} of 10 KiB are held in 30 KiB`);
});

test('many who want the same at once share one reading', async () => {
  const store = createContentStore(blobs, 30 * kib);
  const content = await contentOf('same');
  const holdings = await Promise.all(Array.from({ length: 50 }, () => store.hold(content)));
  assert.equal(new Set(holdings).size, 1);
});

test('what is long is not held, and what is longer than memory is not either', async () => {
  const long = await contentOf('long', 300 * kib);
  assert.equal(createContentStore(blobs, 1_000 * kib).hold(long), null);
  assert.equal(createContentStore(blobs, 5 * kib).hold(await contentOf('x')), null);
});

test('a blob that is gone rejects, and is asked for again the next time', async () => {
  const store = createContentStore(blobs, 30 * kib);
  const gone = { digest: `sha256:${'3'.repeat(64)}`, bytes: 10 };
  await assert.rejects(async () => store.hold(gone), { code: 'frontend-blob-missing' });
  await assert.rejects(async () => store.read(gone, []), { code: 'frontend-blob-missing' });
});
