import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriesContentHash } from './hashed-name.ts';

const hashed = [
  'assets/index-DxK3h9aZ.js',
  'assets/index-B7kQ2x_1.css',
  'app-3f2a9b1c.js',
  'main.8f3b2c1d4e5f6a7b8c9d.js',
  'chunk-XK3J7QPA.mjs',
  'font.a81bc83d.woff2',
  'app-3f2a9b1c.js.map',
  'static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg',
];

const plain = [
  'app.js',
  'hero-portrait.jpg',
  'hero-iPhone15.jpg',
  'hero-MacBook2.jpg',
  'logo-20261103.png',
  'poll-20261103T1200.json',
  'checkout.version2.js',
  'jquery-3.7.1.min.js',
  'some-deadbeef.js',
  'a1b2c3d4e5.js',
  'PHOTO-IMG00012.jpg',
  '3f2a9b1c/app.js',
  'app-3f2a9b1c',
  `x-${'a1'.repeat(40)}.js`,
];

for (const path of hashed) {
  test(`${path} carries a hash`, () => assert.equal(carriesContentHash(path), true));
}
for (const path of plain) {
  test(`${path} carries none`, () => assert.equal(carriesContentHash(path), false));
}
