import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../tests/support/seed.ts';
import {
  judgeSight,
  PATIENCE_MS,
  REST_MS,
  type SightEffect,
  type SightQuality,
  type SightState,
} from './judge-sight.ts';
import type { Sight } from './sight.ts';

const text = (content: string): Sight => ({ kind: 'text', text: content, who: 'flags.yaml' });
const start: SightState = { kind: 'settled', sight: null };

/** `!` begins what is wrong, `…` ends what may be cut off. */
function qualityOf(content: string): SightQuality {
  return content.startsWith('!') ? 'wrong' : content.endsWith('…') ? 'cut' : 'good';
}

/** Effects of looks, each some milliseconds after the one before. */
function effects(
  ...looks: readonly (readonly [afterMs: number, content: string])[]
): SightEffect['kind'][] {
  let state = start;
  let nowMs = 0;
  return looks.map(([afterMs, content]) => {
    nowMs += afterMs;
    const judged = judgeSight(state, text(content), qualityOf(content), nowMs);
    state = judged.state;
    return judged.effect.kind;
  });
}

test('what is good is used at once, and once', () => {
  assert.deepEqual(effects([0, 'a'], [5, 'a'], [5, 'b']), ['use', 'nothing', 'use']);
});

test('a file that is empty, then half there, is neither refused nor used', () => {
  const looks = effects([0, 'a'], [10, '!'], [20, 'b…'], [REST_MS - 1, 'b…'], [20, 'bc']);
  assert.deepEqual(looks, ['use', 'look-again', 'look-again', 'look-again', 'use']);
});

test('what looks cut off and stays is used', () => {
  const looks = effects([0, 'a…'], [REST_MS, 'a…'], [REST_MS, 'a…']);
  assert.deepEqual(looks, ['look-again', 'use', 'nothing']);
});

test('what stays wrong is refused once', () => {
  const looks = effects([0, '!x'], [PATIENCE_MS - 1, '!x'], [1, '!x'], [1_000, '!x'], [1, '!y']);
  assert.deepEqual(looks, ['look-again', 'look-again', 'refuse', 'nothing', 'look-again']);
});

test('a file that is put back as it was is as it was', () => {
  assert.deepEqual(effects([0, 'a'], [10, '!'], [10, 'a']), ['use', 'look-again', 'use']);
});

test('whatever is seen, and when, what is good is in force, and nothing is settled early', () => {
  const { seed } = testSeed('looks at a flags file');
  const look = fc.tuple(
    fc.integer({ min: 0, max: 800 }),
    fc.constantFrom('a', 'b', 'a…', '!', '!x'),
  );
  fc.assert(
    fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
      let inForce: string | null = null;
      let sinceMs = 0;
      let last: string | null = null;
      let nowMs = 0;
      for (const [i, effect] of effects(...looks).entries()) {
        const [afterMs, content] = looks[i] ?? [0, ''];
        nowMs += afterMs;
        if (last !== content) sinceMs = nowMs;
        last = content;
        const quality = qualityOf(content);
        const stoodMs = nowMs - sinceMs;
        if (effect === 'use') inForce = content;
        if (quality === 'good') assert.equal(inForce, content);
        if (effect === 'use' && quality === 'cut') assert.ok(stoodMs >= REST_MS);
        if (effect === 'use') assert.notEqual(quality, 'wrong');
        if (effect === 'refuse') assert.ok(quality === 'wrong' && stoodMs >= PATIENCE_MS);
        if (effect === 'look-again') assert.notEqual(quality, 'good');
      }
    }),
    { seed, numRuns: 500 },
  );
});
