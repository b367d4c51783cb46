import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueEntry } from './queue-entry.ts';
import { WriteQueue } from './write-queue.ts';

const HOUR_MS = 3_600_000;

function entry(id: string, stampNs: number): QueueEntry {
  const write = { id, feature: 'shop.give', key: id, boot: 1, stampNs, bytes: 10, attempts: 0 };
  const times = { acceptedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER };
  const state = { kind: 'waiting' } as const;
  return { log: 'a', seq: stampNs, origin: 'accepted', claim: null, state, ...write, ...times };
}

function heads(queue: WriteQueue<QueueEntry>): readonly string[] {
  return queue.heads(null, 10, { boot: 1, stampNs: 100 }).map(({ id }) => id);
}

test('a clock that is set back keeps nobody waiting for longer than was said', () => {
  const queue = new WriteQueue<QueueEntry>();
  const [slow, quick] = [entry('slow', 1), entry('quick', 2)];
  for (const each of [slow, quick]) queue.add(each);
  const nowMs = 10 * HOUR_MS;
  queue.wake(nowMs);
  queue.claim(slow, 'c1', nowMs + 5_000);
  queue.claim(quick, 'c2', nowMs + 5_000);
  queue.delay(quick, nowMs + 1_000);
  assert.deepEqual(heads(queue), []);
  queue.wake(nowMs - HOUR_MS);
  queue.wake(nowMs - HOUR_MS + 999);
  assert.deepEqual(heads(queue), []);
  queue.wake(nowMs - HOUR_MS + 1_000);
  assert.deepEqual(heads(queue), ['quick']);
  queue.wake(nowMs - HOUR_MS + 4_999);
  assert.deepEqual(heads(queue), []);
  queue.wake(nowMs - HOUR_MS + 5_000);
  assert.deepEqual(heads(queue), ['slow']);
});
