import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startFrontendSite } from '../../support/frontend-site.ts';
import { rawGet } from '../../support/raw-get.ts';

const film = Buffer.alloc(24 * 1024 ** 2);
for (let at = 0; at < film.length; at += 4) film.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
const site = await startFrontendSite({ 'index.html': 'x', 'film.mp4': film });

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('a large file arrives whole', async () => {
  const answer = await rawGet(site.origin, '/film.mp4');
  assert.equal(answer.headers['content-length'], String(film.length));
  assert.equal(digest(answer.body), digest(film));
});

test('a player can seek in it', async () => {
  const [start, end] = [7_654_321, 9_876_543];
  const answer = await rawGet(site.origin, '/film.mp4', { range: `bytes=${start}-${end}` });
  assert.equal(answer.status, 206);
  assert.equal(digest(answer.body), digest(film.subarray(start, end + 1)));
});

test('several pieces of it come in one answer', async () => {
  const answer = await rawGet(site.origin, '/film.mp4', { range: 'bytes=0-9,20000000-20000009' });
  assert.equal(answer.status, 206);
  assert.equal(answer.headers['content-length'], String(answer.body.length));
  assert.ok(answer.body.includes(film.subarray(0, 10)));
  assert.ok(answer.body.includes(film.subarray(20_000_000, 20_000_010)));
});

test('HEAD reads nothing of it', async () => {
  const answer = await rawGet(site.origin, '/film.mp4', {}, 'HEAD');
  assert.equal(answer.headers['content-length'], String(film.length));
  assert.equal(answer.body.length, 0);
});

test('clients that go away in the middle leave no file open', async () => {
  const { hostname, port } = new URL(site.origin);
  for (let number = 0; number < 10; number += 1) {
    const socket = connect(Number(port), hostname);
    socket.write('GET /film.mp4 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await once(socket, 'close');
  }
  await eventually('no blob is open', () => openBlobs() === 0);
});

function openBlobs(): number {
  return openFiles().filter((file) => file.includes('/sha256/')).length;
}

/** Where the descriptors of this process lead; the worker runs in it. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`));
}

/** A descriptor may be closed between the listing and the look. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
