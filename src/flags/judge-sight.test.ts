import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../tests/support/seed.ts';
import { judgeSight, PATIENCE_MS, type SightEffect, type SightState } from './judge-sight.ts';
import type { Sight } from './sight.ts';

const text = (content: string): Sight => ({ kind: 'text', text: content, who: 'flags.yaml' });
const start: SightState = { kind: 'settled', sight: null };

/** Effects of looks, each some milliseconds after the one before; `!` begins what is wrong. */
function effects(
  ...looks: readonly (readonly [afterMs: number, content: string])[]
): SightEffect[] {
  let state = start;
  let nowMs = 0;
  return looks.map(([afterMs, content]) => {
    nowMs += afterMs;
    const judged = judgeSight(state, text(content), !content.startsWith('!'), nowMs);
    state = judged.state;
    return judged.effect;
  });
}

test('what is good is used at once, and once', () => {
  assert.deepEqual(effects([0, 'a'], [5, 'a'], [5, 'b']), ['use', 'nothing', 'use']);
});

test('a file that is empty while it is written is not refused', () => {
  assert.deepEqual(effects([0, 'a'], [10, '!'], [20, '!a'], [20, 'b']), [
    'use',
    'look-again',
    'look-again',
    'use',
  ]);
});

test('what stays wrong is refused once', () => {
  const looks = effects([0, '!x'], [PATIENCE_MS - 1, '!x'], [1, '!x'], [1_000, '!x'], [1, '!y']);
  assert.deepEqual(looks, ['look-again', 'look-again', 'refuse', 'nothing', 'look-again']);
});

test('a file that is put back as it was is as it was', () => {
  assert.deepEqual(effects([0, 'a'], [10, '!'], [10, 'a']), ['use', 'look-again', 'use']);
});

test('whatever is looked at, and when: what is good is in force after each look at it, and nothing is refused early', () => {
  const { seed } = testSeed('looks at a flags file');
  const look = fc.tuple(fc.integer({ min: 0, max: 800 }), fc.constantFrom('a', 'b', '!', '!x'));
  fc.assert(
    fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
      let inForce: string | null = null;
      let wrongSinceMs = 0;
      let wrong: string | null = null;
      let nowMs = 0;
      for (const [i, effect] of effects(...looks).entries()) {
        const [afterMs, content] = looks[i] ?? [0, ''];
        nowMs += afterMs;
        const isWrong = content.startsWith('!');
        if (wrong !== content) wrongSinceMs = nowMs;
        wrong = isWrong ? content : null;
        if (effect === 'use') inForce = content;
        if (!isWrong) assert.equal(inForce, content);
        if (effect === 'use') assert.ok(!isWrong);
        if (effect === 'refuse') assert.ok(isWrong && nowMs - wrongSinceMs >= PATIENCE_MS);
        if (effect === 'look-again') assert.ok(isWrong);
      }
    }),
    { seed, numRuns: 500 },
  );
});
