import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentTypeOf, isCompressible } from './content-type.ts';

const cases: readonly (readonly [path: string, type: string, compressible: boolean])[] = [
  ['index.html', 'text/html; charset=utf-8', true],
  ['a/B.CSS', 'text/css; charset=utf-8', true],
  ['app.js', 'text/javascript; charset=utf-8', true],
  ['app.mjs', 'text/javascript; charset=utf-8', true],
  ['app.js.map', 'application/json', true],
  ['site.webmanifest', 'application/manifest+json', true],
  ['feed.atom', 'application/atom+xml; charset=utf-8', true],
  ['logo.svg', 'image/svg+xml; charset=utf-8', true],
  ['code.wasm', 'application/wasm', true],
  ['favicon.ico', 'image/x-icon', true],
  ['font.woff2', 'font/woff2', false],
  ['photo.avif', 'image/avif', false],
  ['photo.jpg', 'image/jpeg', false],
  ['film.mp4', 'video/mp4', false],
  ['LICENSE', 'application/octet-stream', false],
  ['v1.2/file', 'application/octet-stream', false],
  ['what.ever', 'application/octet-stream', false],
];

for (const [path, type, compressible] of cases) {
  test(`${path} is ${type}`, () => {
    assert.equal(contentTypeOf(path), type);
    assert.equal(isCompressible(type), compressible);
  });
}
