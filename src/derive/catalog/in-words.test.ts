import assert from 'node:assert/strict';
import { it } from 'node:test';
import { duration, every, list, plural } from './in-words.ts';

it('says a duration in the largest unit that says it exactly', () => {
  for (const [ms, words] of [
    [250, '250 ms'],
    [1000, '1 second'],
    [1500, '1.5 seconds'],
    [90_000, '90 seconds'],
    [3_600_000, '1 hour'],
    [86_400_000, '1 day'],
    [129_600_000, '36 hours'],
  ] as const) {
    assert.equal(duration(ms), words);
  }
});

it('says how often', () => {
  assert.equal(every(1000), 'every second');
  assert.equal(every(2000), 'every 2 seconds');
  assert.equal(every(12_000), 'every 12 seconds');
});

it('lists and counts as people do', () => {
  assert.equal(list([]), '');
  assert.equal(list(['a']), 'a');
  assert.equal(list(['a', 'b', 'c']), 'a, b and c');
  assert.equal(plural(1, 'instance'), '1 instance');
  assert.equal(plural(0, 'instance'), '0 instances');
});
