import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readRunbook } from './read-runbook.ts';

const outside = mkdtempSync(join(tmpdir(), 'turnout-runbook-'));
const site = join(outside, 'site');
mkdirSync(join(site, 'runbooks'), { recursive: true });
after(() => rmSync(outside, { recursive: true }));
writeFileSync(join(site, 'runbooks/database.md'), '# The database\n');
writeFileSync(join(outside, 'secret.md'), 'a key');

test('a runbook is read, also by a link inside the site', async () => {
  symlinkSync('database.md', join(site, 'runbooks/again.md'));
  assert.equal(await readRunbook(site, 'runbooks/database.md'), '# The database\n');
  assert.equal(await readRunbook(site, 'runbooks/again.md'), '# The database\n');
});

test('a site directory that is itself reached by a link is no obstacle', async () => {
  symlinkSync(site, join(outside, 'by-link'));
  const text = await readRunbook(join(outside, 'by-link'), 'runbooks/database.md');
  assert.equal(text, '# The database\n');
});

test('a link that leads out of the site is not followed, file or folder', async () => {
  symlinkSync(join(outside, 'secret.md'), join(site, 'runbooks/secret.md'));
  symlinkSync(outside, join(site, 'runbooks/up'));
  for (const path of ['runbooks/secret.md', 'runbooks/up/secret.md', '../secret.md']) {
    assert.equal(await readRunbook(site, path), null, path);
  }
});

test('what is no plain file of reasonable size is no runbook', { timeout: 5_000 }, async () => {
  mkdirSync(join(site, 'runbooks/folder.md'));
  writeFileSync(join(site, 'runbooks/huge.md'), 'x'.repeat(256 * 1024 + 1));
  execFileSync('mkfifo', [join(site, 'runbooks/pipe.md')]);
  symlinkSync('circle.md', join(site, 'runbooks/circle.md'));
  const names = ['folder', 'huge', 'pipe', 'circle', 'missing', 'database.md/x', 'n'.repeat(300)];
  for (const name of names) {
    assert.equal(await readRunbook(site, `runbooks/${name}.md`), null, name.slice(0, 20));
  }
});
