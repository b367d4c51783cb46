import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplyWatch, silenceLimitMs } from './reply-watch.ts';
import type { PrimarySight } from './member-sight.ts';

const sight = (reply: string): PrimarySight => ({
  member: 'a-1',
  atMs: 0,
  lsn: '0/1',
  waitsFor: [],
  replicas: new Map([['a-2', { streaming: true, reply, flushed: '0/1', lagBytes: 0, lagMs: 0 }]]),
  slots: new Map(),
});
const streams = (watch: ReplyWatch, reply: string, nowMs: number): boolean | undefined =>
  watch.judge(sight(reply), nowMs).replicas.get('a-2')?.streaming;

test('a replica that says nothing for the limit does not stream, until it speaks again', () => {
  const watch = new ReplyWatch();
  for (let nowMs = 0; nowMs < silenceLimitMs; nowMs += 500) {
    assert.equal(streams(watch, 'one', nowMs), true, `after ${nowMs} ms`);
  }
  assert.equal(streams(watch, 'one', silenceLimitMs), false);
  assert.equal(watch.silentMs('a-2'), silenceLimitMs);
  assert.equal(streams(watch, 'two', silenceLimitMs + 100), true);
  assert.equal(watch.silentMs('a-2'), 0);
});

test('who looks again only after a long time does not take that for silence', () => {
  const watch = new ReplyWatch();
  assert.equal(streams(watch, 'one', 0), true);
  assert.equal(streams(watch, 'one', 60_000), true);
  assert.equal(streams(watch, 'one', 60_400), true);
});

test('one that is connected anew has its time anew', () => {
  const watch = new ReplyWatch();
  for (let nowMs = 0; nowMs <= silenceLimitMs; nowMs += 500) streams(watch, 'one', nowMs);
  watch.judge({ ...sight('one'), replicas: new Map() }, 4_000);
  assert.equal(streams(watch, 'one', 4_400), true);
});
