import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProving, reportNumbers } from '../../support/prove.ts';
import { brokenPromises, tableOf } from './fault-report.ts';
import { accumulatingScene, aloneScenes, playFaults } from './play-faults.ts';

const scenes = isProving ? [...aloneScenes, accumulatingScene] : [accumulatingScene];

test('whatever is lost, features answer as declared, and what was promised is kept', async () => {
  const { steps, owed } = await playFaults(scenes, () => undefined);
  process.stdout.write(`${tableOf(steps)}\n`);
  for (const { title, core, features } of steps) {
    const numbers = features.map(({ feature, seen, toRungMs, backMs }) => {
      return [feature, { seen, toRungMs, backMs }] as const;
    });
    reportNumbers(`faults: ${title}`, { core, ...Object.fromEntries(numbers) });
  }
  reportNumbers('faults: what was promised', { ...owed });
  assert.deepEqual(brokenPromises(steps), []);
  const { lost, double, deadLetters } = owed;
  assert.deepEqual({ lost, double, deadLetters }, { lost: [], double: [], deadLetters: 0 });
  assert.ok(owed.gifts > 0 && owed.calls > 0);
});
