import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { JournalEntry, NewJournalEntry } from '../../../ports/journal/port.ts';
import { RungJournal } from './rung-journal.ts';
import type { RungInForce } from './standings.ts';

const stale: RungInForce = {
  feature: 'shop.list',
  rung: 'stale',
  need: 'db',
  cause: 'status',
  requests: 'reads',
  sinceMs: 1,
  served: 2,
};

/** A journal that is away until it is said to be back. */
function openJournal() {
  const written: NewJournalEntry[] = [];
  const timers: (() => void)[] = [];
  const journal = {
    isAway: false,
    async append(entry: NewJournalEntry): Promise<JournalEntry> {
      if (journal.isAway) throw new Error('away');
      written.push(entry);
      return { position: written.length, atMs: 0, why: null, data: null, ...entry };
    },
  };
  const clock = {
    nowMs: () => 7,
    after(_ms: number, callback: () => void) {
      timers.push(callback);
      return { cancel: () => void timers.splice(timers.indexOf(callback), 1) };
    },
    sleep: () => new Promise<void>(() => undefined),
  };
  const nothing = (): void => undefined;
  const log = { progress: nothing, info: nothing, warn: nothing, error: nothing };
  const rungs = new RungJournal({ id: 'worker-1', journal, clock, log });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const retry = (): void => timers.splice(0).forEach((fire) => fire());
  return { rungs, journal, written, settled, retry };
}

describe('the journal of rungs', () => {
  it('tells who, what and why', async () => {
    const { rungs, written, settled } = openJournal();
    rungs.entered(stale);
    rungs.left({ ...stale, served: 40 }, 'well');
    rungs.ended(stale);
    await settled();
    assert.deepEqual(
      written.map(({ kind, subject, who, why }) => [kind, subject, who, why]),
      [
        ['rung.entered', 'shop.list', 'worker-1', 'db is lost'],
        ['rung.left', 'shop.list', 'worker-1', 'it answers again'],
        ['rung.left', 'shop.list', 'worker-1', 'its worker ended'],
      ],
    );
    const data = written[1]?.data as { readonly served: number } | undefined;
    assert.equal(data?.served, 40);
  });

  it('loses nothing while the journal is away, and keeps what waits small', async () => {
    const { rungs, journal, written, settled, retry } = openJournal();
    journal.isAway = true;
    for (let i = 0; i < 1_000; i++) {
      rungs.entered(stale);
      rungs.left({ ...stale, served: 3 }, 'well');
      if (i % 100 === 0) await settled();
    }
    retry();
    await settled();
    assert.equal(written.length, 0);
    journal.isAway = false;
    retry();
    await settled();
    assert.equal(written.length, 2);
    const told = new Map(written.map(({ kind, data }) => [kind, data as Record<string, number>]));
    assert.equal(told.get('rung.entered')?.['times'], 1_000);
    assert.equal(told.get('rung.left')?.['times'], 1_000);
    assert.equal(told.get('rung.left')?.['served'], 3_000);
  });

  it('writes what waits before its worker ends', async () => {
    const { rungs, journal, written, settled } = openJournal();
    journal.isAway = true;
    rungs.entered(stale);
    await settled();
    journal.isAway = false;
    await rungs.close();
    assert.equal(written.length, 1);
  });
});
