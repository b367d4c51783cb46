import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from './nearest-name.ts';

test('a misspelt name finds the one it meant', () => {
  const keys = ['tier', 'routes', 'needs', 'limits', 'ladder'];
  assert.equal(nearestName('teir', keys), 'tier');
  assert.equal(nearestName('Ladder', keys), 'ladder');
  assert.equal(nearestName('route', keys), 'routes');
});

test('a name that is far from all finds none', () => {
  assert.equal(nearestName('colour', ['tier', 'needs']), null);
  assert.equal(nearestName('x'.repeat(65), ['x'.repeat(64)]), null);
  assert.equal(nearestName('x', []), null);
});

test('swapped letters are one mistake, so they win over two other ones', () => {
  assert.equal(nearestName('form', ['farms', 'from']), 'from');
});
