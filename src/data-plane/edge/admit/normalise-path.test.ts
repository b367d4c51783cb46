import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import { normalisePath, normaliseQuery } from './normalise-path.ts';

const cases: readonly (readonly [given: string, path: string | null, why: string])[] = [
  ['/', '/', 'the root'],
  ['/a/b.html', '/a/b.html', 'plain'],
  ['/.well-known/x', '/.well-known/x', 'a name that begins with a dot'],
  ['/a//b///c', '/a/b/c', 'empty segments'],
  ['/a/./b/', '/a/b/', 'a dot segment, and the slash at the end stays'],
  ['/a/../b', '/b', 'a dot-dot segment'],
  ['/a/b/..', '/a/', 'which leaves a directory'],
  ['/%2e%2E/a', null, 'encoded dots are dots'],
  ['/..', null, 'leaves the root'],
  ['/%7Euser/%41', '/~user/A', 'unreserved characters are decoded'],
  ['/a%2fb', '/a%2Fb', 'an encoded slash stays, in upper case'],
  ['/a/..%2fb', null, 'but not beside dots'],
  ['/a%5c..%5cb', null, 'nor a backslash'],
  ['/a%2f..', null, 'nor at the end'],
  ['/a\\b', null, 'a backslash is a slash to some'],
  ['/a%', null, 'a broken escape'],
  ['/a%0', null, 'a broken escape'],
  ['/a%00b', null, 'NUL'],
  ['/a b', null, 'a space'],
  ['/a\u0001', null, 'a control byte'],
  ['/caf\u00c3\u00a9', '/caf%C3%A9', 'raw UTF-8 is escaped'],
  ['/a"<>{}', '/a%22%3C%3E%7B%7D', 'characters that URLs must escape'],
  ['a', null, 'no slash'],
  ['/%252e%252e/a', '/%252e%252e/a', 'decoded once and no more'],
];

describe('a path has one spelling', () => {
  for (const [given, path, why] of cases) {
    it(`${JSON.stringify(given)} is ${JSON.stringify(path)}: ${why}`, () => {
      assert.equal(normalisePath(given), path);
    });
  }

  it('stays as it is once it is normal, and never holds what must be resolved', () => {
    const { seed } = testSeed('paths');
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5C',
      'a',
      'B',
      '~',
      '%41',
      ';',
      '%25',
      '\u00e9',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const normal = normalisePath(`/${pieces.join('')}`);
        if (normal === null) return;
        assert.equal(normalisePath(normal), normal);
        assert.doesNotMatch(normal, /\/\/|\/\.\.?(?:\/|$)|%2[eE]/);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it('takes time in proportion to its length', () => {
    const long = `/${'a'.repeat(8_000)}`;
    for (const path of [
      `${long}\\`,
      `${long}/../..`.repeat(2),
      '/.'.repeat(4_000),
      '/a'.repeat(4_000),
    ]) {
      const startMs = performance.now();
      normalisePath(path);
      assert.ok(performance.now() - startMs < 50);
    }
  });
});

describe('a query passes as it is', () => {
  it('but for bytes that no URL holds', () => {
    assert.equal(normaliseQuery('a=1&b=%2f"'), 'a=1&b=%2f"');
    assert.equal(normaliseQuery('q=\u00c3\u00a9'), 'q=%C3%A9');
    assert.equal(normaliseQuery('a b'), null);
    assert.equal(normaliseQuery('a\u0000'), null);
  });
});
