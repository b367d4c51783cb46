import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';
import { formatPercentage, parsePercentage } from './percentage.ts';
import { formatRate, parseRate } from './rate.ts';
import { formatSize, parseSize } from './size.ts';

const seed = Number(process.env['TURNOUT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const parameters = { seed, numRuns: 300 };

describe('quantities as people write them', () => {
  test('durations', () => {
    for (const [text, ms] of [
      ['250ms', 250],
      ['3s', 3000],
      ['1.5h', 5_400_000],
      ['1h30m', 5_400_000],
      ['7d', 604_800_000],
      ['0', 0],
    ] as const) {
      assert.equal(parseDuration(text), ms, text);
    }
    for (const text of ['', '5', '5 s', '-1s', '1S', 's', '1h 30m', '99999d', '1e3s']) {
      assert.equal(parseDuration(text), null, text);
    }
    assert.equal(formatDuration(90_000), '1m30s');
    assert.equal(formatDuration(0), '0s');
  });

  test('sizes', () => {
    assert.equal(parseSize('64KiB'), 65_536);
    assert.equal(parseSize('1.5MB'), 1_500_000);
    for (const text of ['64', '64kb', '64 kib', '-1B', '2TiB'])
      assert.equal(parseSize(text), null, text);
    assert.equal(formatSize(65_536), '64KiB');
    assert.equal(formatSize(2_000_000), '2MB');
    assert.equal(formatSize(0), '0B');
  });

  test('rates', () => {
    assert.equal(parseRate('600/m'), 10);
    for (const text of ['10', '10/d', '0/s', '/s']) assert.equal(parseRate(text), null, text);
    assert.equal(formatRate(0.5), '30/m');
  });

  test('percentages have no noise in their last digits', () => {
    assert.equal(parsePercentage('99.95%'), 0.9995);
    assert.equal(parsePercentage('5 %'), 0.05);
    for (const text of ['5', '101%', '-1%']) assert.equal(parsePercentage(text), null, text);
    assert.equal(formatPercentage(0.9995), '99.95%');
  });

  test(`what is written is read back as the same (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3660 * 86_400_000 }), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
      parameters,
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1024 ** 4 }), (bytes) => {
        assert.equal(parseSize(formatSize(bytes)), bytes);
      }),
      parameters,
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (millionths) => {
        const fraction = millionths / 1_000_000;
        assert.equal(parsePercentage(formatPercentage(fraction)), fraction);
      }),
      parameters,
    );
  });
});
