import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEncodingReader, readAcceptEncoding } from './accept-encoding.ts';

const cases: readonly (readonly [value: string, weights: Record<string, number>])[] = [
  ['gzip, deflate, br, zstd', { br: 1, zstd: 1, gzip: 1 }],
  ['gzip;q=0.5, br;q=0.25', { gzip: 0.5, br: 0.25, zstd: 0 }],
  ['GZIP ; Q=0.8', { gzip: 0.8 }],
  ['x-gzip', { gzip: 1 }],
  ['*', { br: 1, zstd: 1, gzip: 1, identity: 1 }],
  ['*;q=0', { br: 0, zstd: 0, gzip: 0, identity: 0 }],
  ['br, *;q=0', { br: 1, gzip: 0, identity: 0 }],
  ['identity;q=0, gzip', { identity: 0, gzip: 1 }],
  ['identity, br;q=0.5', { identity: 1, br: 0.5 }],
  ['br;q=0', { br: 0, gzip: 0 }],
  ['', { br: 0, zstd: 0, gzip: 0 }],
  ['br;q=2, gzip;q=0.1234, zstd;level=1', { br: 0, gzip: 0, zstd: 0 }],
  [',, br ,,', { br: 1 }],
];

for (const [value, wanted] of cases) {
  test(`reads Accept-Encoding: ${value}`, () => {
    const weights: Record<string, number> = { ...readAcceptEncoding(value) };
    for (const [coding, weight] of Object.entries(wanted)) {
      assert.equal(weights[coding], weight, coding);
    }
  });
}

test('an identity that nobody named stays acceptable, behind everything that was asked for', () => {
  const { identity, gzip } = readAcceptEncoding('gzip;q=0.001');
  assert.ok(identity > 0 && identity < gzip);
});

test('no header at all means identity', () => {
  assert.deepEqual(createEncodingReader()(undefined), { br: 0, zstd: 0, gzip: 0, identity: 1 });
});

test('an attacker with ever new values gets right answers, and no memory', () => {
  const read = createEncodingReader();
  for (let number = 0; number < 2_000; number += 1) {
    assert.equal(read(`gzip, made-up-${number}`).gzip, 1);
  }
});
