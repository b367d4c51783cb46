import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import { NeedsBoard } from './needs-board.ts';

const declared = ['db', 'processor'];

const states = (board: NeedsBoard, nowMs: number): Record<string, string> =>
  Object.fromEntries(board.standings(declared, nowMs).map(({ need, state }) => [need, state]));

describe('the needs of a service', () => {
  it('are not known while none of its answers says anything', () => {
    const board = new NeedsBoard(0);
    board.heard('a', null, 0);
    board.heard('a', 'nonsense!', 0);
    assert.deepEqual(board.standings(declared, 0), []);
  });

  it('are lost when any instance says so, and by whom and since when', () => {
    const board = new NeedsBoard(0);
    board.heard('a', 'ok', 1_000);
    board.heard('b', 'db.primary=down', 2_000);
    board.heard('b', 'db.primary=down, processor=down', 3_000);
    assert.deepEqual(board.standings(declared, 4_000), [
      { need: 'db', state: 'up', sinceMs: 1_000, saidBy: [], reporting: 2, answers: 3, lost: 0 },
      {
        need: 'db.primary',
        state: 'down',
        sinceMs: 2_000,
        saidBy: ['b'],
        reporting: 2,
        answers: 3,
        lost: 2,
      },
      {
        need: 'processor',
        state: 'down',
        sinceMs: 3_000,
        saidBy: ['b'],
        reporting: 2,
        answers: 3,
        lost: 1,
      },
    ]);
    board.heard('b', 'ok', 5_000);
    assert.deepEqual(states(board, 5_000), { db: 'up', processor: 'up' });
  });

  it('that are not declared are nobody’s', () => {
    const board = new NeedsBoard(0);
    board.heard('a', 'stranger=down, stranger.role=down', 0);
    assert.deepEqual(states(board, 0), { db: 'up', processor: 'up' });
  });

  it('are forgotten once their instances are silent', () => {
    const board = new NeedsBoard(0);
    board.heard('a', 'db=down', 0);
    board.heard('b', 'ok', 20_000);
    assert.deepEqual(states(board, 30_000), { db: 'down', processor: 'up' });
    assert.deepEqual(states(board, 30_001), { db: 'up', processor: 'up' });
    assert.deepEqual(board.standings(declared, 50_001), []);
    board.heard('a', 'db=down', 60_000);
    assert.equal(board.standings(declared, 60_000)[0]?.sinceMs, 60_000, 'a new story');
  });

  it('stay bounded, whoever reports', () => {
    const board = new NeedsBoard(0);
    for (let i = 0; i < 1_000; i++) board.heard(`i${i}`, `n${i}=down`, i);
    const [first] = board.standings(declared, 1_000);
    assert.equal(first?.reporting, 256);
  });

  it('are what the last word of each instance that is not silent says', () => {
    const { seed } = testSeed('needs boards');
    const word = fc.record({
      waitMs: fc.integer({ min: 0, max: 20_000 }),
      instance: fc.constantFrom('a', 'b', 'c'),
      report: fc.constantFrom('ok', 'db=down', 'processor=down', 'db=down, processor=down', null),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const board = new NeedsBoard(0);
        const last = new Map<string, { readonly atMs: number; readonly report: string }>();
        let nowMs = 0;
        for (const { waitMs, instance, report } of words) {
          nowMs += waitMs;
          board.heard(instance, report, nowMs);
          if (report !== null) last.set(instance, { atMs: nowMs, report });
          const heard = [...last.values()].filter(({ atMs }) => nowMs - atMs <= 30_000);
          const down = (need: string): string =>
            heard.some((each) => each.report.includes(need)) ? 'down' : 'up';
          const expected =
            heard.length === 0 ? {} : { db: down('db'), processor: down('processor') };
          assert.deepEqual(states(board, nowMs), expected);
        }
      }),
      { seed },
    );
  });
});
