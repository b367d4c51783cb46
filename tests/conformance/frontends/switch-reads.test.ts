import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { FrontendPointer } from '../../../src/contract/keys.ts';
import { loadRelease } from '../../../src/data-plane/edge/frontends/release-files.ts';
import { readPointer } from '../../../src/release/frontends/move-pointer.ts';
import { publishFrontend } from '../../../src/release/frontends/publish-frontend.ts';
import { faultyBlobs } from '../../support/faulty-blobs.ts';
import { writeFiles } from '../../support/frontend-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = await temporaryFolder('switch-reads');
const directory = join(folder, 'files');
const blobs = faultyBlobs(await openFilesystemBlobs({ folder }));

test('a switch reads one release, however many are kept, and a way back none', async () => {
  const state = await openSqliteState({ folder });
  const publish = async (number: number): Promise<FrontendPointer> => {
    await writeFiles(directory, {
      'index.html': `<p>${number}</p>`,
      'assets/same-0a1b2c3d.js': 'the same in all of them',
      [`assets/app-${number}a1b2c3d4.js`]: `export const number = ${number};`,
    });
    const parts = { name: 'home', directory, state, blobs, clock: systemClock };
    await publishFrontend({ ...parts, progress: () => undefined });
    const pointer = await readPointer(state, 'home');
    assert.ok(pointer);
    return pointer;
  };
  const reads = async (work: () => Promise<unknown>): Promise<number> => {
    const before = blobs.calls;
    await work();
    return blobs.calls - before;
  };
  for (let number = 1; number <= 6; number++) await publish(number);
  let loaded = await loadRelease(blobs, await publish(7));
  const same = loaded.files.byPath.get('assets/same-0a1b2c3d.js');
  const next = await publish(8);
  const cost = await reads(async () => (loaded = await loadRelease(blobs, next, loaded)));
  assert.equal(cost, 2, 'the release and its variants');
  assert.deepEqual(
    [...loaded.files.byPath.keys()].sort(),
    [...(await loadRelease(blobs, next)).files.byPath.keys()].sort(),
  );
  assert.ok(loaded.files.byPath.has('assets/app-1a1b2c3d4.js'));
  assert.equal(loaded.files.byPath.get('assets/same-0a1b2c3d.js'), same, 'not held twice');
  const [back] = next.previous;
  assert.ok(back);
  const rolledBack = { ...next, ...back, previous: [next, ...next.previous.slice(1)] };
  const again = await loadRelease(blobs, rolledBack);
  assert.equal(await reads(async () => (loaded = await loadRelease(blobs, rolledBack, loaded))), 0);
  assert.deepEqual(loaded.files.byPath, again.files.byPath);
  assert.deepEqual(loaded.entries, again.entries);
  const further = next.previous[1];
  assert.ok(further);
  const twoBack = { ...next, ...further, previous: [next, ...next.previous.slice(2)] };
  assert.equal(await reads(() => loadRelease(blobs, twoBack, loaded)), 2, 'is not kept whole');
  await state.close();
});
