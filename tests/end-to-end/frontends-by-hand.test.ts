import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FrontendReleases } from '../../src/contract/frontend-status.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

const turnout = resolve(import.meta.dirname, '../../bin/turnout.js');
const tiny = tinySite({ instances: 1, workers: 1 });
let site: TestSite;
before(async () => {
  site = await createSite({
    ...tiny,
    'site.yaml': `${tiny['site.yaml']}frontends: { /page: frontends/page }\n`,
    'frontends/page/index.html': '<p>from the folder</p>',
    'dist/index.html': '<p>by hand</p>',
    'later/index.html': '<p>later</p>',
  });
  await site.up();
});
after(() => site.close());

async function page(): Promise<string> {
  return (await fetch(`${await site.origin()}/page/`)).text();
}

async function serves(text: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const found = await page();
    if (found.includes(text)) return;
    assert.ok(performance.now() < deadline, `${text} is served; it is ${found}`);
    await sleep(10);
  }
}

async function frontend(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await site.run('frontend', ...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function kept(): Promise<FrontendReleases> {
  const [only] = JSON.parse(await frontend('list', 'page', '--json')) as FrontendReleases[];
  assert.ok(only);
  return only;
}

test('a folder published by hand stays through a reload until it is unpinned', async () => {
  await serves('from the folder');
  const said = await frontend('publish', 'page', join(site.directory, 'dist'), '--why', 'a test');
  assert.match(said, /page: published: release [0-9a-f]{12}, 1 file, 14 B\nIt is pinned/);
  await serves('by hand');
  assert.match(
    await frontend('publish', 'page', join(site.directory, 'dist')),
    /page: no change, it is live already/,
  );
  await site.write('frontends/page/index.html', '<p>changed in the folder</p>');
  assert.equal((await site.run('reload')).code, 0);
  assert.match(await page(), /by hand/);
  const { frontends } = await site.status();
  assert.equal(frontends[0]?.pinned?.why, 'a test');
  assert.match((await site.run('status')).stdout, /page .* pinned by cli:\S+: a test/);
  assert.match(await frontend('list'), /page {2}\/page {2}[0-9a-f]{12} .* pinned/);
  assert.match(await frontend('list', 'page'), /pinned since .* by cli:\S+: a test/);
  assert.match(await frontend('unpin', 'page'), /unpinned; its folder goes live/);
  assert.equal((await site.run('reload')).code, 0);
  await serves('changed in the folder');
});

test('a rollback goes to the release before, with who and why in the journal', async () => {
  const before = await kept();
  await frontend('rollback', 'page', '--why', 'the form is broken');
  await serves('by hand');
  assert.equal((await kept()).releases[0]?.release, before.releases[1]?.release);
  const journal = await fetch(`${await site.console()}/api/journal?kind=frontend.rolled-back`);
  const { entries } = (await journal.json()) as { entries: { who: string; why: string }[] };
  assert.match(entries[0]?.who ?? '', /^cli:/);
  assert.equal(entries[0]?.why, 'the form is broken');
});

test('a preview is shown to whoever opens its link, and to nobody once it is revoked', async () => {
  const words = ['publish', 'page', join(site.directory, 'later'), '--preview', '--json'];
  const made = JSON.parse(await frontend(...words)) as { url: string; id: string };
  const opened = await until(() => fetch(made.url, { redirect: 'manual' }), 303);
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const shown = await fetch(`${await site.origin()}/page/`, { headers: { cookie } });
  assert.match(await shown.text(), /later/);
  assert.equal(shown.headers.get('cache-control'), 'private, no-store');
  assert.match(await page(), /by hand/, 'everyone else sees what is live');
  assert.match(await frontend('list', 'page'), new RegExp(`preview ${made.id} of .* by cli:`));
  assert.match(await frontend('revoke', 'page', made.id), /1 preview is revoked/);
  await until(() => fetch(made.url, { redirect: 'manual' }), 403);
  const { code, stderr } = await site.run('frontend', ...words, '--expires', 'soon');
  assert.equal(code, 1);
  assert.match(stderr, /option-invalid: "soon" is not how long/);
});

async function until(ask: () => Promise<Response>, status: number): Promise<Response> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const answer = await ask();
    if (answer.status === status) return answer;
    await answer.body?.cancel();
    assert.ok(performance.now() < deadline, `${status} by now, and not ${answer.status}`);
    await sleep(10);
  }
}

test('needs no controller', async () => {
  process.kill(await site.pid('keeper'), 'SIGKILL');
  process.kill(await site.pid('controller'), 'SIGKILL');
  await frontend('publish', 'page', join(site.directory, 'later'));
  await serves('later');
  await frontend('rollback', 'page');
  await serves('by hand');
  await site.up();
  assert.match(await page(), /by hand/, 'what comes back keeps what is pinned');
});

test('a publish that is killed leaves the release that is live', async () => {
  const { releases } = await kept();
  for (let number = 0; number < 40; number += 1) {
    await site.write(`large/page-${number}.html`, randomText(200_000));
  }
  const words = ['frontend', 'publish', 'page', join(site.directory, 'large')];
  const publish = spawn(process.execPath, [turnout, ...words, '--site', site.directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(publish, 'close');
  // It compresses: then blobs are stored, and the pointer is not moved yet.
  await once(publish.stderr, 'data');
  publish.kill('SIGKILL');
  await closed;
  assert.deepEqual((await kept()).releases, releases);
  assert.match(await page(), /by hand/);
});

test('what cannot be published is refused with file and remedy, and changes nothing', async () => {
  await site.write('bad/in\\valid.html', 'x');
  for (const [words, message] of [
    [['publish', 'pgae'], /frontend-unknown: No frontend .*\n.*Did you mean page\?/],
    [['publish', 'page', 'nowhere'], /frontend-folder-missing: .*nowhere/],
    [['publish', 'page', join(site.directory, 'bad')], /frontend-name-unservable: .*in\\\\valid/],
    [['rollback', 'page', '0000'], /frontend-release-unknown: .*\n.*These are kept: /],
    [['list', 'nobody'], /frontend-unknown/],
  ] as const) {
    const { code, stderr } = await site.run('frontend', ...words);
    assert.equal(code, 1, words.join(' '));
    assert.match(stderr, message);
  }
  assert.match(await page(), /by hand/);
});

/** Does not compress in no time: base64 of what the machine takes for random. */
function randomText(bytes: number): string {
  const random = readFileSync('/proc/self/exe', { flag: 'r' }).subarray(0, bytes);
  return `<p>${random.toString('base64')}</p>${Math.random()}`;
}
