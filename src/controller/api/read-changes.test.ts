import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPurge } from './read-purge.ts';
import { readTableChange } from './read-table-change.ts';

describe('what the API is asked to change', () => {
  it('is refused where a part of it is misspelt, and never done without that part', () => {
    const purge = (query: string) => readPurge(new URLSearchParams(query), 'api');
    assert.throws(() => purge('key=page&sotf'), /knows path, host, .*, and no "sotf"/);
    assert.throws(() => purge('key=page&prefix'), /`prefix` goes with a path/);
    assert.throws(() => purge('all&host=a.example'), /`host` goes with a path/);
    assert.deepEqual(purge('key=page&soft&why=x'), {
      what: { kind: 'key', key: 'page' },
      isSoft: true,
      who: 'api',
      why: 'x',
    });
    const change = (body: unknown) => readTableChange('bans', JSON.stringify(body), 'api', 1_000);
    const put = { put: '192.0.2.1' };
    assert.throws(
      () => change({ changes: [{ ...put, expires: 5 }] }),
      /a change knows `put`, .* and no "expires"/,
    );
    assert.throws(() => change({ changes: [put], reason: 'x' }), /the body knows .* no "reason"/);
    assert.equal(change({ changes: [{ ...put, for: 5 }] }).changes[0]?.expiresMs, 1_005);
  });
});
