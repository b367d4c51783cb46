import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Randomness } from './port.ts';

/** Every adapter of the randomness port passes this suite. */
export function describeRandomness(name: string, open: () => Randomness): void {
  describe(`${name} as randomness`, () => {
    test('fractions lie in [0, 1) and fill it evenly', () => {
      const randomness = open();
      const tenths = Array.from({ length: 10 }, () => 0);
      for (let draw = 0; draw < 20_000; draw += 1) {
        const fraction = randomness.fraction();
        assert.ok(fraction >= 0 && fraction < 1, `${fraction}`);
        const tenth = Math.floor(fraction * 10);
        tenths[tenth] = (tenths[tenth] ?? 0) + 1;
      }
      // 2,000 are expected in each; seven standard deviations are 300.
      for (const count of tenths) assert.ok(Math.abs(count - 2_000) < 300, tenths.join(' '));
    });

    test('integers lie in [0, below) and reach both ends', () => {
      const randomness = open();
      const seen = new Set<number>();
      for (let draw = 0; draw < 1_000; draw += 1) seen.add(randomness.integer(6));
      assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5]);
      assert.equal(randomness.integer(1), 0);
    });

    test('an integer below nothing is refused', () => {
      assert.throws(() => open().integer(0), RangeError);
    });

    test('bytes have the asked length and take every value', () => {
      const randomness = open();
      assert.equal(randomness.bytes(0).length, 0);
      const bytes = randomness.bytes(10_000);
      assert.equal(bytes.length, 10_000);
      assert.equal(new Set(bytes).size, 256);
    });

    test('identifiers are lower-case, of the asked length, and differ', () => {
      const randomness = open();
      assert.match(randomness.id(), /^[0-9a-z]{20}$/);
      assert.match(randomness.id(8), /^[0-9a-z]{8}$/);
      const many = new Set(Array.from({ length: 1_000 }, () => randomness.id()));
      assert.equal(many.size, 1_000);
    });
  });
}
