import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('every requirement of RFC 9111 names a test that is there', () => {
  const page = readFileSync('docs/reference/rfc9111.md', 'utf8');
  const rows = [...page.matchAll(/^\| .* \| ([a-z-]+): `([^`]+)` \|$/gm)];
  const written = [...page.matchAll(/^\| /gm)].length - 2;
  assert.ok(rows.length === written && written > 40, `${rows.length} of ${written} rows`);
  const missing = rows.filter(([, file, words = '']) => {
    return !readFileSync(`tests/conformance/cache/${file}.test.ts`, 'utf8').includes(words);
  });
  assert.deepEqual(
    missing.map(([, file, words]) => `${file}: ${words}`),
    [],
  );
});
