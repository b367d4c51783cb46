import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durabilityStep, graceMs } from './durability-step.ts';
import type { DurabilitySight } from './durability-step.ts';
import type { DurabilityRecord } from './durability-record.ts';

const at = '2026-11-03T20:00:00.000Z';
const sync = (...quorum: string[]): DurabilityRecord => ({ kind: 'sync', quorum, at });
const dropped: DurabilityRecord = { kind: 'dropped', lsn: '0/1', at };
const nowMs = 100_000;
const sight = (streaming: string[], waitsFor: string[]): DurabilitySight => ({
  streaming,
  waitsFor,
  nowMs,
});
const seen = (agoMs: number, ...replicas: string[]) =>
  new Map(replicas.map((replica) => [replica, nowMs - agoMs]));

test('nothing is done while all is as recorded', () => {
  const kind = durabilityStep(sync('a', 'b'), 'sync', sight(['b', 'a'], ['a', 'b']), new Map());
  assert.deepEqual(kind, { kind: 'none' });
  const async = durabilityStep({ kind: 'async' }, 'async', sight(['a'], []), new Map());
  assert.deepEqual(async, { kind: 'none' });
});

test('the last replica may be away for the grace, and then redundancy is lost', () => {
  const gone = sight([], ['a']);
  const step = (agoMs: number) => durabilityStep(sync('a'), 'sync', gone, seen(agoMs, 'a')).kind;
  assert.equal(step(graceMs - 1), 'none');
  assert.equal(step(graceMs), 'drop');
  assert.equal(durabilityStep(sync('a'), 'sync', gone, new Map()).kind, 'drop');
});

test('one that is away for long is not waited for any more while another streams', () => {
  const step = (agoMs: number) =>
    durabilityStep(sync('a', 'b'), 'sync', sight(['a'], ['a', 'b']), seen(agoMs, 'a', 'b'));
  assert.deepEqual(step(graceMs - 1), { kind: 'none' });
  assert.deepEqual(step(graceMs), { kind: 'wait-for', quorum: ['a'] });
});

test('a replica that streams again brings sync back', () => {
  for (const record of [dropped, { kind: 'pending' } as const, { kind: 'async' } as const]) {
    const step = durabilityStep(record, 'sync', sight(['b'], []), new Map());
    assert.deepEqual(step, { kind: 'wait-for', quorum: ['b'] });
  }
  const more = durabilityStep(sync('a'), 'sync', sight(['a', 'b'], ['a']), new Map());
  assert.deepEqual(more, { kind: 'wait-for', quorum: ['a', 'b'] });
});

test('a primary that waits without a record of it, for nobody there, is released', () => {
  const step = durabilityStep(dropped, 'sync', sight([], ['a']), seen(graceMs, 'a'));
  assert.deepEqual(step, { kind: 'release' });
  assert.equal(durabilityStep(sync('a'), 'async', sight(['a'], ['a']), new Map()).kind, 'release');
});
