import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import { type Rank, TierRoom } from './tier-room.ts';

function roomOf(...ranks: readonly Rank[]): TierRoom {
  const room = new TierRoom();
  room.serve(new Set(ranks));
  return room;
}

function begin(room: TierRoom, rank: Rank, count: number): void {
  for (let n = 0; n < count; n++) room.begin(rank);
}

/** How many of that rank get in before one does not. */
function taken(room: TierRoom, rank: Rank, limit: number): number {
  let count = 0;
  for (; count <= limit && room.fits(rank, limit); count++) room.begin(rank);
  return count;
}

describe('the room of tiers', () => {
  it('is nearly all for sheddable while nobody else comes', () => {
    assert.equal(taken(roomOf(0, 1, 2), 2, 100), 80);
    assert.equal(taken(roomOf(0, 1, 2), 1, 100), 90);
    assert.equal(taken(roomOf(0, 1, 2), 0, 100), 100);
  });

  it('is kept for nobody that the service does not have', () => {
    assert.equal(taken(roomOf(1), 1, 3), 3);
    assert.equal(taken(roomOf(1, 2), 1, 100), 100);
    assert.equal(taken(roomOf(2), 2, 100), 100);
    assert.equal(taken(roomOf(0, 2), 2, 100), 90);
    assert.equal(taken(roomOf(1, 2), 2, 100), 90);
  });

  it('always has some for core, however much the others take', () => {
    const room = roomOf(0, 1, 2);
    taken(room, 2, 100);
    taken(room, 1, 100);
    assert.equal(taken(room, 0, 100), 10);
  });

  it('is kept for as much core as there was lately, and given back by and by', () => {
    const room = roomOf(0, 1, 2);
    begin(room, 0, 60);
    for (let n = 0; n < 60; n++) room.end(0);
    assert.equal(taken(room, 1, 100), 40);
    for (let n = 0; n < 200; n++) room.step(100);
    assert.equal(taken(room, 1, 100), 50);
  });

  it('is kept for fewer where a smaller limit makes all wait less', () => {
    const room = roomOf(0, 1, 2);
    room.step(40);
    begin(room, 0, 12);
    for (let n = 0; n < 12; n++) room.end(0);
    room.step(10);
    // Of ten three are kept, as of forty were twelve; before, all ten were.
    assert.equal(taken(room, 1, 10), 8);
  });

  it('is all kept for core where core was turned away', () => {
    const room = roomOf(0, 1, 2);
    begin(room, 0, 10);
    for (let n = 0; n < 20; n++) room.refuse(0, 10);
    for (let n = 0; n < 8; n++) room.end(0);
    assert.ok(!room.fits(1, 10) && !room.fits(2, 10) && room.fits(0, 10));
  });

  it('has one for whoever comes to a service that takes one', () => {
    for (const rank of [0, 1, 2] as const) assert.equal(taken(roomOf(0, 1, 2), rank, 1), 1);
  });

  it('never fits what matters less where it does not fit what matters more', () => {
    const { seed } = testSeed('tier room');
    const act = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), rank: fc.constantFrom<Rank>(0, 1, 2) }),
      fc.record({ kind: fc.constant('end' as const), rank: fc.constantFrom<Rank>(0, 1, 2) }),
      fc.record({ kind: fc.constant('step' as const), rank: fc.constant<Rank>(0) }),
      fc.record({ kind: fc.constant('limit' as const), rank: fc.constantFrom<Rank>(0, 1, 2) }),
    );
    const limits = [40, 7, 1];
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 300 }),
        fc.subarray<Rank>([0, 1, 2]),
        (acts, served) => {
          const room = roomOf(...served);
          const held = [0, 0, 0];
          let limit = 20;
          for (const { kind, rank } of acts) {
            const fits = room.fits(rank, limit);
            if (kind === 'limit') limit = limits[rank] ?? 20;
            else if (kind === 'step') room.step(limit);
            else if (kind === 'ask' && fits) {
              room.begin(rank);
              held[rank] = (held[rank] ?? 0) + 1;
            } else if (kind === 'ask') room.refuse(rank, limit);
            else if ((held[rank] ?? 0) > 0) {
              room.end(rank);
              held[rank] = (held[rank] ?? 0) - 1;
            }
            const [core, important, sheddable] = ([0, 1, 2] as const).map((r) =>
              room.fits(r, limit),
            );
            assert.ok((core || !important) && (important || !sheddable));
            assert.equal(
              room.inFlight,
              held.reduce((sum, n) => sum + n, 0),
            );
          }
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
