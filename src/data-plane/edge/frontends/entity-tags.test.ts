import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesStrongly, matchesWeakly } from './entity-tags.ts';

const etag = '"abc"';

const cases: readonly (readonly [list: string, weakly: boolean, strongly: boolean])[] = [
  ['"abc"', true, true],
  ['W/"abc"', true, false],
  ['*', true, true],
  [' * ', true, true],
  ['"x", "abc"', true, true],
  ['"x",W/"abc"', true, false],
  ['"x", "y"', false, false],
  ['"abc', false, false],
  ['abc', false, false],
  ['"a,b", "abc"', true, true],
  ['"abcd"', false, false],
  ['w/"abc"', false, false],
  ['', false, false],
];

for (const [list, weakly, strongly] of cases) {
  test(`compares ${etag} with ${list || 'nothing'}`, () => {
    assert.equal(matchesWeakly(list, etag), weakly, 'weakly');
    assert.equal(matchesStrongly(list, etag), strongly, 'strongly');
  });
}
