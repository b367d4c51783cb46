import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './compare-versions.ts';

test('versions rank by their numbers, and a suffix stands before its release', () => {
  const inOrder = ['0.1.0', '0.2.0-rc.2', '0.2.0-rc.10', '0.2.0', '0.10.0', '1.0.0', '1.0.1'];
  const shuffled = inOrder.toReversed();
  assert.deepEqual(shuffled.toSorted(compareVersions), inOrder);
  assert.equal(compareVersions('1.2.3', '1.2.3'), 0);
});
