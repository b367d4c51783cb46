import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastGood } from './last-good.ts';
import { NeedLostError } from './need-lost-error.ts';

const lost = (): Promise<never> => Promise.reject(new NeedLostError('db', 'all servers are gone'));

test('what was kept is found with the time it is from', () => {
  let nowMs = 5_000;
  const kept = new LastGood<string>({ forMs: 1_000, nowMs: () => nowMs });
  kept.keep('57801', 'the grange hall');
  nowMs = 5_900;
  assert.deepEqual(kept.find('57801'), { value: 'the grange hall', asOfMs: 5_000 });
  assert.equal(kept.find('57802'), null);
});

test('what is older than allowed is not given again', () => {
  let nowMs = 5_000;
  const kept = new LastGood<string>({ forMs: 1_000, nowMs: () => nowMs });
  kept.keep('57801', 'the grange hall');
  nowMs = 6_001;
  assert.equal(kept.find('57801'), null);
});

test('there are never more than allowed, and what nobody asks for goes first', () => {
  const kept = new LastGood<number>({ forMs: 1_000, most: 2 });
  kept.keep('a', 1);
  kept.keep('b', 2);
  kept.find('a');
  kept.keep('c', 3);
  assert.deepEqual(
    ['a', 'b', 'c'].map((question) => kept.find(question)?.value),
    [1, undefined, 3],
  );
});

test('a lost need is answered by what it said last, then by what always can be said', async () => {
  let nowMs = 0;
  const answers = new LastGood<number>({ forMs: 1_000, otherwise: -1, nowMs: () => nowMs });
  const now = await answers.ask('a', () => Promise.resolve(7));
  assert.deepEqual(now, { from: 'now', value: 7, asOfMs: 0 });
  nowMs = 900;
  assert.deepEqual(await answers.ask('a', lost), { from: 'kept', value: 7, asOfMs: 0 });
  nowMs = 1_001;
  const never = { from: 'otherwise', value: -1, asOfMs: null };
  assert.deepEqual(await answers.ask('a', lost), never);
});

test('with nothing to say the loss is thrown, and any other error always', async () => {
  const answers = new LastGood<number>({ forMs: 1_000 });
  await assert.rejects(answers.ask('a', lost), NeedLostError);
  answers.keep('a', 1);
  const wrong = (): Promise<never> => Promise.reject(new TypeError('a mistake'));
  await assert.rejects(answers.ask('a', wrong), TypeError);
});
