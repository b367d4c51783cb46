import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claimStateFolder, findStateFolder } from './claim-state-folder.ts';

const base = mkdtempSync(join(tmpdir(), 'turnout-claim-'));
after(() => rmSync(base, { recursive: true }));

test('a new folder is private, and the same site finds it again', async () => {
  const root = join(base, 'fresh');
  assert.equal(findStateFolder(root), null);
  const folder = await claimStateFolder(root, 'campaign');
  assert.equal(statSync(root).mode & 0o777, 0o700);
  assert.equal(statSync(folder.run).mode & 0o777, 0o700);
  assert.deepEqual(await claimStateFolder(root, 'campaign'), folder);
  assert.deepEqual(findStateFolder(root), folder);
});

test('a folder that others can read is made private', async () => {
  const root = join(base, 'open');
  mkdirSync(root, { mode: 0o755 });
  await claimStateFolder(root, 'campaign');
  assert.equal(statSync(root).mode & 0o777, 0o700);
});

test("another site's folder is refused and not touched", async () => {
  const root = join(base, 'other');
  await claimStateFolder(root, 'results');
  await assert.rejects(claimStateFolder(root, 'campaign'), { code: 'state-folder-foreign' });
});

test('a folder of strange files is refused and not touched', async () => {
  const root = join(base, 'strange');
  mkdirSync(root);
  writeFileSync(join(root, 'thesis.txt'), 'do not lose');
  await assert.rejects(claimStateFolder(root, 'campaign'), { code: 'state-folder-foreign' });
  assert.deepEqual(readdirSync(root), ['thesis.txt']);
});

test('a folder written by a newer Turnout is refused and not touched', async () => {
  const root = join(base, 'newer');
  mkdirSync(root);
  const mark = { format: 2, turnout: '9.0.0', site: 'campaign' };
  writeFileSync(join(root, 'turnout.json'), JSON.stringify(mark));
  await assert.rejects(claimStateFolder(root, 'campaign'), {
    code: 'state-folder-newer',
    message: /9\.0\.0/,
  });
  assert.throws(() => findStateFolder(root), { code: 'state-folder-newer' });
  assert.deepEqual(readdirSync(root), ['turnout.json']);
});
