import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import { ConcurrencyLimit, type Verdict } from './limit.ts';

const WINDOW_MS = 250;

/** A limit that is told windows, one after the other. */
class Told {
  readonly limit = new ConcurrencyLimit(0);
  nowMs = 0;
  epochMs = 0;

  constructor(most: number) {
    this.limit.bound(most);
  }

  window(
    ratios: readonly number[],
    { inFlight = 1, refused = false }: { inFlight?: number; refused?: boolean } = {},
  ): Verdict | null {
    this.limit.begun(inFlight);
    if (refused) this.limit.refused();
    for (const ratio of ratios) this.limit.took(ratio);
    this.nowMs += WINDOW_MS;
    this.epochMs += WINDOW_MS;
    return this.limit.step(this.nowMs, this.epochMs, inFlight);
  }

  windows(count: number, ratio: number, inFlight: number, refused = false): void {
    for (let n = 0; n < count; n++) this.window(Array(10).fill(ratio), { inFlight, refused });
  }
}

describe('the limit of a service', () => {
  it('begins at all that there may be, so that a worker just started turns nobody away', () => {
    assert.equal(new Told(160).limit.room, 160);
  });

  it('comes down from what was in flight, and not from what never was', () => {
    const told = new Told(1_000);
    told.windows(2, 2, 40);
    assert.ok(told.limit.room <= 40, `${told.limit.room}`);
  });

  it('goes down to one before a service that takes one', () => {
    const told = new Told(100);
    for (let n = 0; n < 20; n++) told.windows(1, 3, told.limit.room);
    assert.equal(told.limit.room, 1);
  });

  it('takes one window that is too long for a burst', () => {
    const told = new Told(100);
    told.windows(1, 3, 60);
    assert.equal(told.limit.room, 100);
  });

  it('grows quickly while answers are quick and more are wanted', () => {
    const told = new Told(1_000);
    told.windows(8, 3, 40);
    const low = told.limit.room;
    // Four seconds; probes do not begin while nobody was ever refused for long.
    for (let n = 0; n < 16; n++) told.windows(1, 0.2, told.limit.room);
    assert.ok(told.limit.room > 4 * low, `from ${low} to ${told.limit.room}`);
  });

  it('does not grow while less than half of it is used', () => {
    const told = new Told(1_000);
    told.windows(8, 3, 40);
    const before = told.limit.room;
    told.windows(20, 0.2, Math.floor(before / 2) - 1);
    assert.equal(told.limit.room, before);
  });

  it('is not moved by one answer that takes for ever, however few there are', () => {
    const told = new Told(100);
    for (let n = 0; n < 50; n++) {
      told.nowMs += 2_000;
      told.window([0.1, 0.1, 100], { inFlight: 3 });
    }
    assert.equal(told.limit.room, 100);
  });

  it('says nothing from too few answers', () => {
    const told = new Told(100);
    assert.equal(told.window([4, 4, 4], { inFlight: 3 }), null);
    assert.equal(told.limit.room, 100);
  });

  it('goes by instances where it turns away: half as many are given half as much', () => {
    const told = new Told(800);
    told.windows(2, 2, 100, true);
    const { room } = told.limit;
    told.limit.bound(400);
    assert.ok(Math.abs(told.limit.room - room / 2) <= 1);
    told.limit.bound(800);
    assert.ok(Math.abs(told.limit.room - room) <= 1);
  });

  it('stays where it turned nobody away: one lost instance shows nothing of the others', () => {
    const told = new Told(800);
    told.windows(2, 2, 100);
    const { room } = told.limit;
    told.limit.bound(400);
    assert.equal(told.limit.room, room);
    told.limit.bound(10);
    assert.equal(told.limit.room, 10, 'never beyond the hard bound');
    told.limit.bound(800);
    assert.equal(told.limit.room, 800, 'at the most, it stays at the most');
  });
});

describe('a probe of the limit', () => {
  /** Under a lasting overload, until a quarter is let in. */
  function probing(most = 400): Told {
    const told = new Told(most);
    told.windows(3, 2, 80);
    for (let n = 0; n < 60; n++) {
      const before = told.limit.room;
      told.windows(1, 1.02, before, true);
      if (told.limit.room <= before / 3) return told;
    }
    throw new Error('it never probed');
  }

  it('lets in a quarter for a moment, and then as much as before', () => {
    const told = probing();
    const { limit, room } = told.limit;
    assert.equal(room, Math.max(1, Math.floor(limit / 4)));
    told.windows(1, 0.3, room, true);
    assert.equal(told.window(Array(10).fill(0.3), { inFlight: room, refused: true }), 'probed');
    assert.equal(told.limit.room, limit);
  });

  it('finds that the service itself is slow, and gives back what it took', () => {
    const told = probing();
    const { limit, room } = told.limit;
    told.windows(1, 1, room, true);
    assert.equal(told.window(Array(10).fill(1), { inFlight: room, refused: true }), 'inherent');
    assert.ok(told.limit.room >= Math.max(limit, 80), `${told.limit.room}`);
  });

  it('believes nothing while the service may be at work on what was given up', () => {
    const told = probing();
    const { room } = told.limit;
    told.limit.gaveUp(1, told.nowMs);
    told.windows(1, 1, room, true);
    assert.equal(told.window(Array(10).fill(1), { inFlight: room, refused: true }), 'probed');
  });

  it('ends by itself where nothing is answered', () => {
    const told = probing();
    const { limit } = told.limit;
    for (let n = 0; n < 40; n++) told.window([], { inFlight: 0 });
    assert.equal(told.limit.room, limit);
  });
});

describe('whatever it is told', () => {
  it('there is room for one, and never for more than the bound', () => {
    const { seed } = testSeed('limit');
    const window = fc.record({
      ratios: fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { maxLength: 20 }),
      inFlight: fc.nat(500),
      refused: fc.boolean(),
      most: fc.integer({ min: 1, max: 500 }),
      jumpMs: fc.integer({ min: -100_000, max: 100_000 }),
    });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 60 }), (windows) => {
        const told = new Told(100);
        for (const { ratios, inFlight, refused, most, jumpMs } of windows) {
          told.limit.bound(most);
          told.epochMs += jumpMs;
          told.window(ratios, { inFlight, refused });
          const { room, limit } = told.limit;
          assert.ok(Number.isInteger(room) && room >= 1 && room <= most, `${room} of ${most}`);
          assert.ok(limit >= 1 && limit <= most);
        }
      }),
      { seed },
    );
  });
});
