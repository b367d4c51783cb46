import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayHaveOpened } from './may-have-opened.ts';
import type { OpeningEvidence } from './may-have-opened.ts';

const openingAt = '2026-11-03T20:00:00.000Z';
const opening = (more: Partial<OpeningEvidence>) =>
  mayHaveOpened({
    openingAt,
    timelineBefore: 2,
    control: { inRecovery: true },
    histories: [2],
    ...more,
  });

test('one that was never about to be opened took no write, whatever is left of it', () => {
  assert.equal(opening({ openingAt: null }), 'never');
  assert.equal(opening({ openingAt: null, control: null, histories: null }), 'never');
  assert.equal(opening({ openingAt: null, control: { inRecovery: false } }), 'never');
});

test('one that is in recovery and began no timeline took no write', () => {
  assert.equal(opening({}), 'never');
  assert.equal(opening({ timelineBefore: 1, histories: [] }), 'never');
});

test('one whose control file says that it was in production did open', () => {
  assert.equal(opening({ control: { inRecovery: false } }), 'opened');
  assert.equal(opening({ control: { inRecovery: false }, histories: null }), 'opened');
});

test('one that cannot be read, or began a timeline, perhaps did', () => {
  assert.equal(opening({ control: null }), 'perhaps');
  assert.equal(opening({ histories: null }), 'perhaps');
  assert.equal(opening({ histories: [2, 3] }), 'perhaps');
});

test('where the version before decided, nobody knows that it did not', () => {
  const old = { openingAt: undefined, timelineBefore: undefined };
  assert.equal(opening(old), 'perhaps');
  assert.equal(opening({ ...old, control: null }), 'perhaps');
  assert.equal(opening({ ...old, control: { inRecovery: false } }), 'opened');
});
