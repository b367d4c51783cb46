import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { tinySite } from '../support/tiny-site.ts';

const disk = mountSmallDisk(256 * 1024 ** 2);
const site = await createSite(tinySite());
const state = ['--state', join(disk.folder, 'state')];

after(async () => {
  disk.relieve();
  await site.run('down', '--now', ...state);
  await site.close();
});

test('a site whose disk is full goes on serving, and comes down in order', async () => {
  const { stdout } = await site.up(...state);
  const origin = /site +(http:\S+)/.exec(stdout)?.[1] ?? '';
  disk.fill();
  assert.equal(await (await fetch(origin)).text(), 'hello');
  // What it says on its way comes from a log that may be full, too; what it does counts.
  assert.equal((await site.run('down', ...state)).code, 0);
  await assert.rejects(fetch(origin));
});

test('once there is space again it comes up as ever', async () => {
  disk.relieve();
  const { stdout } = await site.up(...state);
  const origin = /site +(http:\S+)/.exec(stdout)?.[1] ?? '';
  assert.equal(await (await fetch(origin)).text(), 'hello');
});
