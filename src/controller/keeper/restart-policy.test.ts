import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRestart, freshHistory } from './restart-policy.ts';

test('a process that had been running is started again at once, however often it is killed', () => {
  let history = freshHistory;
  for (let kill = 0; kill < 20; kill += 1) {
    const decision = decideRestart(history, 60_000);
    assert.equal(decision.delayMs, 0);
    assert.equal(decision.crashLoop, 'no');
    history = decision.history;
  }
});

test('one that dies young is started later and later, and a crash loop is said once', () => {
  let history = freshHistory;
  const delays: number[] = [];
  const loops: string[] = [];
  for (let death = 0; death < 10; death += 1) {
    const decision = decideRestart(history, 50);
    delays.push(decision.delayMs);
    loops.push(decision.crashLoop);
    history = decision.history;
  }
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  assert.equal(loops.filter((phase) => phase === 'begins').length, 1);
  assert.equal(decideRestart(history, 3_000).delayMs, 0);
});
