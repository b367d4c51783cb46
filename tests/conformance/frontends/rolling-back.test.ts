import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openSqliteJournal } from '../../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import type { Blobs } from '../../../src/ports/blobs/port.ts';
import type { Journal } from '../../../src/ports/journal/port.ts';
import type { State } from '../../../src/ports/state/port.ts';
import { listReleases } from '../../../src/release/frontends/list-releases.ts';
import { readPointer } from '../../../src/release/frontends/move-pointer.ts';
import {
  publishFrontend,
  type PublishedFrontend,
} from '../../../src/release/frontends/publish-frontend.ts';
import {
  rollBackFrontend,
  unpinFrontend,
} from '../../../src/release/frontends/roll-back-frontend.ts';
import { writeFiles } from '../../support/frontend-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = await temporaryFolder('roll-back');
const directory = join(root, 'page');
let state: State;
let journal: Journal;
let blobs: Blobs;
let nowMs = Date.parse('2026-11-03T20:00:00Z');
const clock = { nowMs: () => (nowMs += 1_000), monotonicMs: () => 0 };

before(async () => {
  state = await openSqliteState({ folder: root });
  journal = await openSqliteJournal({ folder: root });
  blobs = await openFilesystemBlobs({ folder: await mkdtemp(join(root, 'blobs-')) });
});
beforeEach(() => state.delete('frontends/home'));
after(() => Promise.all([state.close(), journal.close()]));

async function publish(text: string, pin = false): Promise<PublishedFrontend> {
  await writeFiles(directory, { 'index.html': text });
  const wanted = { name: 'home', directory, state, blobs, journal, clock, pin };
  return publishFrontend({ ...wanted, who: 'cli:ada', why: 'a test', progress: () => undefined });
}

const change = (name = 'home') => {
  return { name, state, blobs, journal, clock, who: 'cli:ada', why: 'it is broken' };
};

async function live(): Promise<string> {
  return (await readPointer(state, 'home'))?.release ?? '';
}

test('goes back by one each time, and forward by name', async () => {
  const first = await publish('one');
  const second = await publish('two');
  const third = await publish('three');
  await rollBackFrontend(change(), null);
  assert.equal(await live(), second.release);
  await rollBackFrontend(change(), null);
  assert.equal(await live(), first.release);
  await assert.rejects(rollBackFrontend(change(), null), { code: 'frontend-no-earlier-release' });
  await rollBackFrontend(change(), third.release.slice(7, 15));
  assert.equal(await live(), third.release);
  await rollBackFrontend(change(), null);
  assert.equal(await live(), first.release, 'what was gone forward from');
  const [entry] = await journal.range({ kind: 'frontend.rolled-back', limit: 1 });
  assert.deepEqual(entry?.data, { release: second.release, from: third.release });
  assert.deepEqual([entry?.who, entry?.why], ['cli:ada', 'it is broken']);
});

test('a release that was left for an earlier one is not come back to', async () => {
  const good = await publish('good');
  await publish('bad');
  await rollBackFrontend(change(), null);
  await publish('worse', true);
  await rollBackFrontend(change(), null);
  assert.equal(await live(), good.release);
});

test('pins: the folder of the site is published again only once it is unpinned', async () => {
  await publish('good');
  await publish('bad');
  await rollBackFrontend(change(), null);
  const standing = await publish('worse');
  assert.deepEqual([standing.changed, standing.pinned?.why], [false, 'it is broken']);
  assert.equal(standing.release, await live());
  assert.equal(await unpinFrontend(change()), true);
  assert.equal(await unpinFrontend(change()), false);
  assert.equal((await publish('worse')).changed, true);
});

test('by hand over by hand: the last one counts, and the same again changes nothing', async () => {
  const first = await publish('by hand', true);
  const before = await readPointer(state, 'home');
  const again = await publish('by hand', true);
  assert.deepEqual([first.changed, again.changed], [true, false]);
  assert.deepEqual(await readPointer(state, 'home'), before);
  assert.equal((await publish('by hand, later', true)).changed, true);
});

test('tells what is kept, with who, why, when and how large', async () => {
  await publish('small');
  await publish('somewhat larger', true);
  const { pinned, releases } = listReleases('home', '/', await readPointer(state, 'home'));
  assert.equal(pinned?.who, 'cli:ada');
  const told = releases.map(({ live, who, why, files, bytes }) => [live, who, why, files, bytes]);
  assert.deepEqual(told, [
    [true, 'cli:ada', 'a test', 1, 15],
    [false, 'cli:ada', 'a test', 1, 5],
  ]);
});

test('refuses what is not kept, what names several, and what is not whole', async () => {
  await assert.rejects(rollBackFrontend(change(), null), { code: 'frontend-not-published' });
  await assert.rejects(unpinFrontend(change()), { code: 'frontend-not-published' });
  await publish('whole');
  const second = await publish('second');
  for (const name of ['ffff', 'sha256', '', '../..', 'zz']) {
    await assert.rejects(rollBackFrontend(change(), name), { code: 'frontend-release-unknown' });
  }
  const pointer = await readPointer(state, 'home');
  const lost = { release: `sha256:${'a'.repeat(64)}`, variants: `sha256:${'b'.repeat(64)}` };
  await state.put('frontends/home', { frontend: 'home', ...pointer, previous: [lost] } as never);
  await assert.rejects(rollBackFrontend(change(), 'aaaa'), { code: 'frontend-blob-missing' });
  assert.equal(await live(), second.release, 'the live one stays');
});
