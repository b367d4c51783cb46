import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSimulatedClock } from '../../src/adapters/simulated/clock.ts';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import type { ShedReport } from '../../src/contract/shed-reports.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { journalShedding } from '../../src/controller/shedding/journal-shedding.ts';
import { loadStatuses, sheddingNotes } from '../../src/controller/shedding/shed-reports.ts';

const quiet = { progress() {}, info() {}, warn() {}, error() {} };

function report(worker: string, sinceMs: number | null, shed = 5): ShedReport {
  const features = [
    { feature: 'shop.ads', tier: 'sheddable', shed, sinceMs, baselineMs: null } as const,
  ];
  const services = [{ service: 'shop', limit: 12, inFlight: 3, features }];
  return { worker, atMs: 0, lagMs: 0, services };
}

describe('the journal of shedding', () => {
  it('says once when it began and when it ended, though a controller died between', async () => {
    const journal = await openSqliteJournal({ folder: await temporaryFolder('shedding') });
    const clock = createSimulatedClock(100_000);
    let reports: readonly ShedReport[] = [];
    const begin = () =>
      journalShedding({ journal, clock, log: quiet, reports: async () => reports });
    const kinds = async (): Promise<readonly string[]> =>
      (await journal.range({ kind: 'shedding' })).map(({ kind, subject }) => `${kind} ${subject}`);
    /** Looks at what the workers tell; what it writes is on disk after that. */
    const look = async (told: readonly ShedReport[], written: number): Promise<void> => {
      reports = told;
      for (let again = 0; again < 3; again++) {
        await eventually(`${written} entries`, async () => {
          await clock.advance(2_000);
          return (await kinds()).length === written;
        });
      }
    };

    const first = begin();
    await look([report('w1', 1_000), report('w2', null)], 1);
    await look([report('w1', 1_000), report('w2', 3_000)], 1);
    first.cancel();
    const second = begin();
    await look([report('w1', null), report('w2', 3_000)], 1);
    await look([report('w1', null), report('w2', null)], 2);
    await look([report('w2', 9_000)], 3);
    second.cancel();
    assert.deepEqual(await kinds(), [
      'shedding.began shop.ads',
      'shedding.ended shop.ads',
      'shedding.began shop.ads',
    ]);
    await journal.close();
  });
});

describe('what the workers tell of their load', () => {
  it('is added up for the status', () => {
    assert.deepEqual(loadStatuses([report('w1', null, 2), report('w2', null, 3)]), [
      {
        service: 'shop',
        limit: 24,
        inFlight: 6,
        shed: { core: 0, important: 0, sheddable: 5 },
      },
    ]);
  });

  it('is of note while requests are turned away, since the first worker began', () => {
    const nowMs = systemClock.nowMs();
    const [note, ...others] = sheddingNotes([report('w1', nowMs), report('w2', nowMs - 5_000)]);
    assert.equal(others.length, 0);
    assert.equal(note?.about, 'shop.ads');
    assert.equal(note?.severity, 'note');
    assert.equal(note?.since, new Date(nowMs - 5_000).toISOString());
    assert.match(note?.message ?? '', /10 so far/);
  });
});
