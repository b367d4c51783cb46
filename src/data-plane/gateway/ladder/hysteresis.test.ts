import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import { testSeed } from '../../../../tests/support/seed.ts';
import {
  answered,
  failed,
  type Hysteresis,
  mayProbe,
  probing,
  type Standing,
  unclear,
  well,
} from './hysteresis.ts';

const terms: Hysteresis = {
  goodAnswers: 3,
  goodMs: 500,
  probeEveryMs: 100,
  probeMs: 1_000,
  silentMs: 10_000,
};

type Outcome = 'failed' | 'good' | 'unclear';
interface Step {
  readonly afterMs: number;
  readonly outcome: Outcome;
}

const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 300 }),
    outcome: fc.constantFrom<Outcome>('failed', 'good', 'good', 'good', 'unclear'),
  }),
  { maxLength: 60 },
);

function after(standing: Standing, outcome: Outcome, nowMs: number): Standing {
  if (outcome === 'failed') return failed(standing, terms, nowMs);
  return outcome === 'good' ? answered(standing, terms, nowMs) : unclear(standing, terms, nowMs);
}

/** Whether the history alone allows it to be well: the oracle. */
function mayBeWell(history: readonly { atMs: number; outcome: Outcome }[]): boolean {
  const last = history.findLastIndex(({ outcome }) => outcome === 'failed');
  if (last === -1) return true;
  const good = history.slice(last).filter(({ outcome }) => outcome === 'good');
  return good.some(
    ({ atMs }, index) =>
      index + 1 >= terms.goodAnswers && atMs - (good[0]?.atMs ?? 0) >= terms.goodMs,
  );
}

describe('a rung is entered at once and left slowly', () => {
  it('is well exactly when enough good answers came for long enough since it failed', () => {
    const { seed } = testSeed('hysteresis');
    fc.assert(
      fc.property(steps, (taken: readonly Step[]) => {
        let standing = well;
        let nowMs = 0;
        const history: { atMs: number; outcome: Outcome }[] = [];
        for (const { afterMs, outcome } of taken) {
          nowMs += afterMs;
          standing = after(standing, outcome, nowMs);
          history.push({ atMs: nowMs, outcome });
          assert.equal(standing.kind === 'well', mayBeWell(history), JSON.stringify(history));
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('never lets two requests see at a time, nor one right behind a failure', () => {
    const { seed } = testSeed('hysteresis');
    const arrivals = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 60 }),
        tookMs: fc.integer({ min: 0, max: 400 }),
        isGood: fc.boolean(),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(arrivals, (arriving) => {
        let standing: Standing = failed(well, terms, 0);
        let nowMs = 0;
        let lastFailedMs = 0;
        const out: { doneMs: number; isGood: boolean }[] = [];
        for (const { afterMs, tookMs, isGood } of arriving) {
          nowMs += afterMs;
          for (const probe of out.splice(0)) {
            if (probe.doneMs > nowMs) out.push(probe);
            else {
              standing = after(standing, probe.isGood ? 'good' : 'failed', probe.doneMs);
              if (!probe.isGood) lastFailedMs = probe.doneMs;
            }
          }
          if (standing.kind === 'well') return;
          if (!mayProbe(standing, nowMs)) continue;
          assert.equal(out.length, 0, 'two at a time');
          assert.ok(nowMs - lastFailedMs >= terms.probeEveryMs, 'right behind a failure');
          standing = probing(standing, terms, nowMs);
          out.push({ doneMs: nowMs + tookMs, isGood });
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('finds the way back by probes alone, within the time that the terms promise', () => {
    let standing: Standing = failed(well, terms, 0);
    let nowMs = 0;
    for (; standing.kind === 'down' && nowMs < 5_000; nowMs += 10) {
      if (!mayProbe(standing, nowMs)) continue;
      standing = answered(probing(standing, terms, nowMs), terms, nowMs + 1);
    }
    assert.equal(standing.kind, 'well');
    assert.ok(nowMs >= terms.goodMs && nowMs <= terms.goodMs + 3 * terms.probeEveryMs, `${nowMs}`);
  });

  it('gives up on a probe of which nothing is heard', () => {
    const standing = probing(failed(well, terms, 0), terms, 200);
    assert.equal(mayProbe(standing, 1_199), false);
    assert.equal(mayProbe(standing, 1_200), true);
  });

  it('remembers since when it is down, however often it fails again', () => {
    const again = failed(failed(well, terms, 7), terms, 900);
    assert.equal(again.sinceMs, 7);
  });
});
