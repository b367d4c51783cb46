import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePathPattern } from './path-pattern.ts';

test('a pattern matches as static hosts write them', () => {
  for (const [pattern, path, expected] of [
    ['/old', '/old', {}],
    ['/old', '/old/', {}],
    ['/old/', '/old', {}],
    ['/old', '/older', null],
    ['/', '/', {}],
    ['/news/*', '/news', { splat: '' }],
    ['/news/*', '/news/', { splat: '' }],
    ['/news/*', '/news/2026/11', { splat: '2026/11' }],
    ['/news/*', '/newsletter', null],
    ['/*', '/', { splat: '' }],
    ['/*', '/a/b', { splat: 'a/b' }],
    ['/:year/:month', '/2026/11', { year: '2026', month: '11' }],
    ['/:year/:month', '/2026', null],
    ['/:year/*', '/2026/a/b', { year: '2026', splat: 'a/b' }],
    ['/*.js', '/assets/app.js', { splat: 'assets/app' }],
    ['/*.js', '/assets/app.js.map', null],
    ['/a.b', '/axb', null],
    ['/caf\u00e9/:x', '/caf\u00e9/\n', { x: '\n' }],
  ] as const) {
    const found = compilePathPattern(pattern)?.match(path) ?? null;
    assert.deepEqual(found, expected, `${pattern} of ${path}`);
  }
});

test('what names something twice, or begins with no slash, is none', () => {
  for (const pattern of ['old', '', '/*/*', '/a*b*', '/:x/:x', '/:splat/*']) {
    assert.equal(compilePathPattern(pattern), null, pattern);
  }
});

test('takes time in proportion to the path, whatever the pattern', () => {
  const pattern = compilePathPattern(`/${':a/b/'.split('').length}/${'x'.repeat(50)}*.js`);
  const names = compilePathPattern(
    `/${Array.from({ length: 20 }, (_, number) => `:n${number}`).join('/')}/end`,
  );
  const path = `/${'a/'.repeat(8_000)}b`;
  const startMs = performance.now();
  for (let round = 0; round < 100; round += 1) {
    pattern?.match(path);
    names?.match(path);
  }
  assert.ok(performance.now() - startMs < 2_000);
});
