import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTableChange } from './read-table-change.ts';

const nowMs = Date.UTC(2026, 10, 3);

function read(change: object) {
  const body = JSON.stringify({ changes: [{ put: '192.0.2.7', ...change }], why: 'a test' });
  return readTableChange('bans', body, 'cli', nowMs).changes[0];
}

test('an end is a moment that a date can say', () => {
  assert.equal(read({ for: 1_000 })?.expiresMs, nowMs + 1_000);
  assert.equal(read({ until: nowMs + 1 })?.expiresMs, nowMs + 1);
  assert.equal(read({ until: 8.64e15 })?.expiresMs, 8.64e15);
  const refused = [{ until: nowMs }, { for: 0 }, { for: -1 }, { until: 8.64e15 + 1 }];
  for (const end of [...refused, { for: 8.9e15 }, { for: 1.5 }, { for: 1, until: nowMs + 1 }]) {
    assert.throws(() => read(end), { code: 'body-invalid' }, JSON.stringify(end));
  }
});

test('nesting without end is no body', () => {
  const deep = '['.repeat(200_000);
  for (const body of [deep, `${deep}${']'.repeat(200_000)}`, `{"changes":${deep}`, '', 'null']) {
    assert.throws(() => readTableChange('bans', body, 'cli', nowMs), { code: 'body-invalid' });
  }
});
