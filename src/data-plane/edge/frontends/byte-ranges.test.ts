import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRanges } from './byte-ranges.ts';

const lengthBytes = 1_000;
const whole = 'whole';
const unsatisfiable = 'unsatisfiable';

const cases: readonly (readonly [value: string, wanted: string | readonly [number, number][]])[] = [
  ['bytes=0-0', [[0, 1]]],
  ['bytes=0-499', [[0, 500]]],
  ['bytes=500-', [[500, 1_000]]],
  ['bytes=-1', [[999, 1_000]]],
  ['bytes=-5000', [[0, 1_000]]],
  ['bytes=999-5000', [[999, 1_000]]],
  ['BYTES=1-2', [[1, 3]]],
  [
    'bytes= 1-2 ,\t900-',
    [
      [1, 3],
      [900, 1_000],
    ],
  ],
  ['bytes=1000-', unsatisfiable],
  ['bytes=-0', unsatisfiable],
  ['bytes=5000-6000,7000-', unsatisfiable],
  ['bytes=5000-,0-9', [[0, 10]]],
  [
    'bytes=900-,0-9',
    [
      [900, 1_000],
      [0, 10],
    ],
  ],
  ['bytes=0-9,5-19', [[0, 20]]],
  ['bytes=0-9,10-19,30-39', [[0, 40]]],
  ['bytes=0-1,998-,0-999', [[0, 1_000]]],
  ['bytes=2-1', whole],
  ['bytes=-', whole],
  ['bytes=', whole],
  ['bytes=a-b', whole],
  ['bytes=0-1,x', whole],
  ['bytes=0-1,', whole],
  ['bytes=+1-2', whole],
  ['bytes=1.5-2', whole],
  ['bytes=99999999999999999999-', whole],
  ['lines=0-9', whole],
  ['0-9', whole],
];

for (const [value, wanted] of cases) {
  test(`reads Range: ${value}`, () => {
    const request = readRanges(value, lengthBytes);
    if (typeof wanted === 'string') assert.equal(request.kind, wanted);
    else {
      assert.deepEqual(request, {
        kind: 'ranges',
        ranges: wanted.map(([start, end]) => ({ start, end })),
      });
    }
  });
}

test('more ranges than any client needs are ignored', () => {
  const many = Array.from({ length: 17 }, () => '0-0').join(',');
  assert.equal(readRanges(`bytes=${many}`, lengthBytes).kind, 'whole');
});

test('nothing of empty content can be had in ranges', () => {
  assert.equal(readRanges('bytes=0-', 0).kind, 'unsatisfiable');
  assert.equal(readRanges('bytes=-5', 0).kind, 'unsatisfiable');
});
