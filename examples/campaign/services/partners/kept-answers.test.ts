import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptAnswers } from './kept-answers.ts';

test('what was kept is found with the time it is from', () => {
  const kept = new KeptAnswers<string>(10, 1_000);
  kept.keep('57801', 'the grange hall', 5_000);
  assert.deepEqual(kept.find('57801', 5_900), { value: 'the grange hall', asOfMs: 5_000 });
  assert.equal(kept.find('57802', 5_900), null);
});

test('what is older than allowed is not given again', () => {
  const kept = new KeptAnswers<string>(10, 1_000);
  kept.keep('57801', 'the grange hall', 5_000);
  assert.equal(kept.find('57801', 6_001), null);
});

test('there are never more than allowed, and what nobody asks for goes first', () => {
  const kept = new KeptAnswers<number>(2, 1_000);
  kept.keep('a', 1, 0);
  kept.keep('b', 2, 0);
  kept.find('a', 0);
  kept.keep('c', 3, 0);
  assert.deepEqual(
    ['a', 'b', 'c'].map((question) => kept.find(question, 0)?.value),
    [1, undefined, 3],
  );
});
