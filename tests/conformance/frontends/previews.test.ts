import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openSqliteJournal } from '../../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { previewToken, type FrontendPreview } from '../../../src/contract/frontend-preview.ts';
import { CONFIGURATION_KEY } from '../../../src/contract/keys.ts';
import { startWorker, type Worker } from '../../../src/data-plane/worker.ts';
import type { FrontendRoute } from '../../../src/derive/routes/route-table.ts';
import type { Blobs } from '../../../src/ports/blobs/port.ts';
import type { Journal } from '../../../src/ports/journal/port.ts';
import type { State } from '../../../src/ports/state/port.ts';
import {
  previewFrontend,
  revokePreviews,
} from '../../../src/release/frontends/preview-frontend.ts';
import { publishFrontend } from '../../../src/release/frontends/publish-frontend.ts';
import { eventually } from '../../support/eventually.ts';
import { writeFiles } from '../../support/frontend-site.ts';
import { rawGet, type RawAnswer } from '../../support/raw-get.ts';
import { plainConfiguration } from '../../support/site-worker.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = await temporaryFolder('previews');
const key = systemRandomness.bytes(32);
const silent = (): void => undefined;
const log = { progress: silent, info: silent, warn: silent, error: silent };
let state: State;
let journal: Journal;
let blobs: Blobs;
let worker: Worker;
let clockAheadMs = 0;
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + clockAheadMs };

const route = (frontend: string, prefix: string): FrontendRoute => {
  const depth = prefix === '/' ? 0 : 1;
  return { frontend, prefix, depth, hosts: [], fallback: null, notFound: null, cacheMs: 60_000 };
};

async function wanted(name: string, text: string) {
  const directory = await mkdtemp(join(root, 'files-'));
  await writeFiles(directory, {
    'index.html': text,
    'assets/app-a1b2c3d4.js': `'${text}'`,
    _headers: '/*\n  Cache-Control: public, max-age=600',
  });
  const place = { prefix: name === 'home' ? '/' : `/${name}`, fallback: null, notFound: null };
  const ports = { state, blobs, journal, clock, randomness: systemRandomness };
  return { ...ports, name, place, directory, who: 'cli:ada', why: 'a look', progress: silent };
}

async function preview(name: string, text: string): Promise<FrontendPreview> {
  const made = await previewFrontend({ ...(await wanted(name, text)), lastsMs: 3_600_000 });
  await eventually('the worker knows it', async () => {
    const { status } = await get(link(made));
    return status === 303;
  });
  return made;
}

function link(made: FrontendPreview, more = ''): string {
  const prefix = made.frontend === 'home' ? '/' : `/${made.frontend}/`;
  return `${prefix}?${more}turnout-preview=${previewToken(key, made)}`;
}

function get(path: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return rawGet(`http://127.0.0.1:${worker.address.port}`, path, headers);
}

/** Opens a link as a browser does, and returns the cookie that it would send. */
async function cookieOf(made: FrontendPreview): Promise<string> {
  const { headers } = await get(link(made));
  return (headers['set-cookie'] ?? '').split(';')[0] ?? '';
}

before(async () => {
  state = await openSqliteState({ folder: root });
  journal = await openSqliteJournal({ folder: root });
  blobs = await openFilesystemBlobs({ folder: root });
  const plain = plainConfiguration([]);
  const frontends = [route('donate', '/donate'), route('home', '/')];
  const configuration = { ...plain, routes: { ...plain.routes, frontends } };
  const digest = await blobs.put(Buffer.from(JSON.stringify(configuration)));
  await state.put(CONFIGURATION_KEY, { digest, model: configuration.model });
  for (const name of ['home', 'donate']) await publishFrontend(await wanted(name, `live ${name}`));
  worker = await startWorker({
    id: 'w1',
    state,
    blobs,
    clock,
    randomness: systemRandomness,
    listen: { http: { address: '127.0.0.1', port: 0 }, https: null, internal: null },
    isFast: true,
    lastGoodFolder: root,
    previewKey: () => key,
    log,
  });
  await eventually('both are live', async () => {
    const answers = await Promise.all([get('/'), get('/donate/')]);
    return answers.every(({ status }) => status === 200);
  });
});
after(async () => {
  await worker.close({ drainMs: 0 });
  await Promise.all([state.close(), journal.close()]);
});

test('a link sets a cookie for that frontend alone, and leads to its page', async () => {
  const made = await preview('donate', 'draft');
  const { status, headers } = await get(link(made, 'a=b&'));
  assert.deepEqual([status, headers['location']], [303, '/donate/?a=b']);
  const cookie = headers['set-cookie'] ?? '';
  assert.match(cookie, /^turnout-preview-donate=[\w.-]+; Path=\/donate; Max-Age=3\d{3}; /);
  assert.match(cookie, /; HttpOnly; SameSite=Lax$/);
  assert.doesNotMatch(cookie, /Domain/i);
  assert.equal(headers['cache-control'], 'private, no-store');
});

test('with the cookie the release is shown, marked and kept by no cache', async () => {
  const made = await preview('donate', 'draft two');
  const cookie = await cookieOf(made);
  const shown = await get('/donate/', { cookie: `other=1; ${cookie}` });
  assert.equal(shown.body.toString(), 'draft two');
  const asset = await get('/donate/assets/app-a1b2c3d4.js', { cookie });
  const again = await get('/donate/', { cookie, 'if-none-match': shown.headers['etag'] ?? '' });
  assert.equal(again.status, 304);
  const part = await get('/donate/', { cookie, range: 'bytes=0-4' });
  for (const { headers } of [shown, asset, again, part, await get('/donate', { cookie })]) {
    assert.equal(headers['cache-control'], 'private, no-store');
    assert.match(headers['x-turnout-preview'] ?? '', /^release=[0-9a-f]{12}; expires=20/);
    assert.equal(headers['x-robots-tag'], 'noindex');
  }
  const missing = await get('/donate/nothing', { cookie });
  assert.deepEqual([missing.status, missing.headers['cache-control']], [404, 'no-store']);
});

test('without it, and at other frontends, everyone sees what is live', async () => {
  const cookie = await cookieOf(await preview('donate', 'draft three'));
  for (const [path, headers, text] of [
    ['/donate/', {}, 'live donate'],
    ['/', { cookie }, 'live home'],
    ['/', { cookie: cookie.replace('donate', 'home') }, 'live home'],
    ['/donate/', { cookie: cookie.slice(0, -1) }, 'live donate'],
    ['/donate/', { cookie: `${cookie}x` }, 'live donate'],
    ['/donate/', { cookie: 'turnout-preview-donate=' }, 'live donate'],
  ] as const) {
    const answer = await get(path, headers);
    assert.equal(answer.body.toString(), text);
    assert.equal(answer.headers['x-turnout-preview'], undefined);
    assert.equal(answer.headers['cache-control'], 'public, max-age=600');
  }
});

test('a link that is forged or of another frontend or release is refused with 403', async () => {
  const made = await preview('donate', 'draft four');
  const other = await preview('home', 'draft of home');
  const token = previewToken(key, made);
  for (const path of [
    `/donate/?turnout-preview=${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    `/donate/?turnout-preview=${previewToken(key, { ...made, release: other.release })}`,
    `/donate/?turnout-preview=${previewToken(key, { ...made, expiresAtMs: made.expiresAtMs + 1 })}`,
    `/donate/?turnout-preview=${previewToken(systemRandomness.bytes(32), made)}`,
    `/donate/?turnout-preview=${previewToken(key, other)}`,
    `/?turnout-preview=${token}`,
    '/donate/?turnout-preview=',
    '/donate/?turnout-preview=%00',
  ]) {
    const { status, headers, body } = await get(path);
    assert.equal(status, 403, path);
    assert.equal(headers['set-cookie'], undefined);
    assert.match(body.toString(), /preview-refused/);
  }
});

test('once it is revoked or has expired, link and cookie show nothing any more', async () => {
  const revoked = await preview('donate', 'draft five');
  const cookie = await cookieOf(revoked);
  const change = { name: 'donate', state, journal, who: 'cli:ada', why: null };
  await assert.rejects(revokePreviews(change, 'nothing'), { code: 'preview-unknown' });
  assert.equal(await revokePreviews(change, revoked.id), 1);
  await eventually('the link is refused', async () => (await get(link(revoked))).status === 403);
  assert.equal((await get('/donate/', { cookie })).body.toString(), 'live donate');

  const expiring = await preview('donate', 'draft six');
  const its = await cookieOf(expiring);
  clockAheadMs = 3_600_001;
  assert.equal((await get(link(expiring))).status, 403);
  assert.equal((await get('/donate/', { cookie: its })).body.toString(), 'live donate');
  clockAheadMs = 0;
});
