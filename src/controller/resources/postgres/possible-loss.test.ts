import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeLoss, possibleLoss, withPerhapsOpened } from './possible-loss.ts';
import type { LossQuestion } from './possible-loss.ts';

const at = '2026-11-03T20:00:00.000Z';
const atMs = Date.parse(at);
const question = (more: Partial<LossQuestion>): LossQuestion => ({
  durability: { kind: 'sync', quorum: ['b'], at },
  received: new Map([['b', '0/500']]),
  chosen: 'b',
  samples: [],
  shutDownAt: null,
  ...more,
});

test('sync and never dropped loses nothing, when everyone who counted was asked', () => {
  assert.equal(possibleLoss(question({})).kind, 'none');
  const both = { kind: 'sync', quorum: ['b', 'c'], at } as const;
  const ask = (c: string | null) =>
    possibleLoss(
      question({
        durability: both,
        received: new Map([
          ['b', '0/500'],
          ['c', c],
        ]),
      }),
    ).kind;
  assert.equal(ask('0/4FF'), 'none');
  assert.equal(ask('0/501'), 'some');
  assert.equal(ask(null), 'some');
});

test('a replica that did not count promises nothing', () => {
  const received = new Map([
    ['b', '0/500'],
    ['c', '0/900'],
  ]);
  assert.equal(possibleLoss(question({ chosen: 'c', received })).kind, 'some');
});

test('once dropped, what came later may be lost, as far as a sample confirms', () => {
  const durability = { kind: 'dropped', lsn: '0/400', at } as const;
  const samples = [
    { atMs: atMs + 1_000, lsn: '0/4F0' },
    { atMs: atMs + 2_000, lsn: '0/600' },
  ];
  const loss = possibleLoss(question({ durability, samples }));
  assert.ok(loss.kind === 'some');
  assert.deepEqual([loss.sinceMs, loss.seenBytes], [atMs + 1_000, 0x100]);
  const unsampled = possibleLoss(question({ durability }));
  assert.ok(unsampled.kind === 'some');
  assert.equal(unsampled.sinceMs, atMs);
  assert.match(describeLoss(loss), /after 2026-11-03T20:00:01.000Z may be lost.*256 bytes/);
});

test('async with no sample that confirms anything says that nobody can say', () => {
  const loss = possibleLoss(question({ durability: { kind: 'async' } }));
  assert.match(describeLoss(loss), /nobody can say since when/);
});

test('a primary shut down in order loses nothing once its last record is here', () => {
  const ask = (shutDownAt: string) =>
    possibleLoss(question({ durability: { kind: 'async' }, shutDownAt })).kind;
  assert.equal(ask('0/4F0'), 'none');
  assert.equal(ask('0/500'), 'some');
});

test('what a choice that was given up may have acknowledged is counted as lost', () => {
  const none = possibleLoss(question({}));
  assert.equal(withPerhapsOpened(none, [], '0/500'), none);
  const since = '2026-11-03T20:05:00.000Z';
  const loss = withPerhapsOpened(none, [{ member: 'a', since }], '0/500');
  assert.equal(
    describeLoss(loss),
    `What was acknowledged after ${since} may be lost, for a may have taken writes.`,
  );
  const unknown = withPerhapsOpened(none, [{ member: 'a', since: null }], '0/500');
  assert.match(describeLoss(unknown), /nobody can say since when, for a may have taken writes/);
});

test('of two losses the one that reaches further back counts', () => {
  const samples = [{ atMs, lsn: '0/400' }];
  const some = possibleLoss(question({ durability: { kind: 'async' }, samples }));
  const since = '2026-11-03T20:05:00.000Z';
  const loss = withPerhapsOpened(some, [{ member: 'a', since }], '0/500');
  assert.equal(loss.kind === 'some' ? loss.sinceMs : null, atMs);
  assert.match(loss.why, /^a may have taken writes, and commits do not wait for a replica/);
});
