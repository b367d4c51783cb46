import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrimarySilence, hangsAfterMs } from './primary-silence.ts';

/** Asked in vain at each of these moments. */
const silent = (momentsMs: readonly number[], member = 'a-1', silence = new PrimarySilence()) => {
  for (const nowMs of momentsMs) {
    silence.asked(member, `at ${nowMs}`, nowMs);
    silence.goesOn(nowMs);
  }
  return silence;
};
const eachSecond = Array.from({ length: hangsAfterMs / 1_000 }, (_, second) => second * 1_000);

test('a primary hangs once it was silent for the limit, since it was first asked in vain', () => {
  const silence = silent(eachSecond);
  assert.equal(silence.hangsSince('a-1'), null);
  silent([hangsAfterMs], 'a-1', silence);
  assert.equal(silence.hangsSince('a-1'), 'at 0');
  silence.ends();
  assert.equal(silence.hangsSince('a-1'), null);
  silent([hangsAfterMs + 400], 'a-1', silence);
  assert.equal(silence.hangsSince('a-1'), null);
});

test('who looks again only after a long time does not take that for silence', () => {
  assert.equal(silent([0, 60_000, 60_400]).hangsSince('a-1'), null);
});

test('another primary has its time anew', () => {
  const silence = silent([...eachSecond, hangsAfterMs]);
  assert.equal(silence.hangsSince('a-2'), null);
  silent([hangsAfterMs + 400], 'a-2', silence);
  assert.equal(silence.hangsSince('a-2'), null);
  assert.equal(silence.hangsSince('a-1'), null);
});
