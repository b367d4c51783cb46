import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatServiceHealth, parseServiceHealth } from './service-health.ts';

test('what a service reports is read as it was written', () => {
  for (const down of [[], ['db'], ['db.primary', 'processor']]) {
    assert.deepEqual(parseServiceHealth(formatServiceHealth({ down })), { down });
  }
});

test('what is no report is none: nobody is called lost by mistake', () => {
  const wrong = [null, undefined, '', 'db', 'db=sideways', 'DB=down', `a=down,${' '.repeat(5000)}`];
  for (const header of wrong) assert.equal(parseServiceHealth(header), null, String(header));
});

test('a need that is said to be up is not down', () => {
  assert.deepEqual(parseServiceHealth('db.replica=up, db.primary=down'), { down: ['db.primary'] });
});
