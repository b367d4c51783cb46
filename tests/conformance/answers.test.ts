import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';

import { readCaseFiles, type WrittenCase } from '../support/case-files.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient, type RawOrigin, startRawOrigin } from '../support/raw-http.ts';
import { readAnswers } from '../support/strict-answers.ts';
import { reverseProxy, type SiteWorker, startSiteWorker } from '../support/site-worker.ts';

const keys = ['ask', 'answer', 'ends', 'status', 'body', 'with', 'without', 'broken', 'reused'];
const ask = 'GET /case HTTP/1.1\r\nHost: a.example\r\n\r\n';
const askNext = 'GET /next HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
const nextAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext';

let origin: RawOrigin;
let site: SiteWorker;
/** What the origin answers with at the moment, and the connections it did so on. */
let present: WrittenCase | null = null;
const used = new Set<Socket>();
let isReused = false;

before(async () => {
  origin = await startRawOrigin((socket, heard) => {
    if (!heard.endsWith('\r\n\r\n')) return;
    if (heard.lastIndexOf(' /next ') > heard.lastIndexOf(' /case ')) {
      isReused = used.has(socket);
      socket.write(nextAnswer);
    } else if (present !== null) void say(socket, present);
  });
  site = await startSiteWorker(reverseProxy(origin.port));
});

after(async () => {
  await site[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

async function say(socket: Socket, { one, all }: WrittenCase): Promise<void> {
  used.add(socket);
  socket.setNoDelay(true);
  for (const [at, bytes] of all('answer').entries()) {
    // Pieces are to arrive as pieces.
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(bytes, 'latin1');
  }
  if (one('ends') === 'yes') socket.end();
}

const groups = Map.groupBy(
  readCaseFiles(new URL('answers/', import.meta.url), keys),
  (one) => one.group,
);
for (const [group, cases] of groups) {
  describe(`answers of a service, ${group}`, () => {
    for (const one of cases) it(`${one.name} (${one.one('by')})`, () => look(one));
  });
}

async function look(written: WrittenCase): Promise<void> {
  const { one, all } = written;
  present = written;
  used.clear();
  const asked = one('ask') === '' ? ask : one('ask');
  const methods = [asked.split(' ', 1)[0] ?? ''];
  const client = new RawClient(site.port);
  const isWhole = (text: string): boolean => readAnswers(text, methods).answers.length > 0;
  const { text } = await client.send(asked).until(isWhole);
  const { answers } = readAnswers(text, methods);
  if (one('broken') === 'yes') {
    assert.equal(answers.length, 0, `it looks whole: ${text}`);
    assert.notEqual((await client.toEnd()).ending, 'silent');
    assert.doesNotMatch(client.text, /\r\n0\r\n/);
  } else {
    assert.deepEqual([answers[0]?.status], [Number(one('status'))], text);
    if (one('status') === '502') {
      assert.match(text, /^content-type: application\/problem\+json\r$/im);
      assert.match(text, /^proxy-status: turnout; error=/im);
    } else assert.equal(answers[0]?.body, one('body'));
  }
  for (const wanted of all('with')) assert.ok(text.toLowerCase().includes(wanted), text);
  for (const bad of all('without')) assert.ok(!client.text.toLowerCase().includes(bad), text);
  client.destroy();
  await eventually('nothing is under way', () => site.worker.stats().inFlight === 0);
  // What comes late must have come before it can be told whether it does harm.
  if (all('answer').length > 1) await new Promise((resolve) => setTimeout(resolve, 40));
  isReused = false;
  const next = await new RawClient(site.port).send(askNext).toEnd();
  assert.equal(readAnswers(next.text, []).answers[0]?.body, 'next', next.text);
  assert.equal(isReused ? 'yes' : 'no', one('reused'), 'whether the connection is used again');
}
