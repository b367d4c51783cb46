import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { crossings, type Pattern } from './route-crossings.ts';

const seed = Number(process.env['TURNOUT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const pattern: fc.Arbitrary<Pattern> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'ANY'),
    fc.array(fc.constantFrom('a', 'b', ':x', ':y'), { minLength: 0, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([method, segments, rest]) => ({ method, segments: rest ? [...segments, '**'] : segments }));

const paths = [1, 2, 3, 4, 5].flatMap((length) =>
  Array.from({ length: 3 ** length }, (_, number) =>
    Array.from({ length }, (_, at) => 'abc'[Math.floor(number / 3 ** at) % 3] ?? 'a'),
  ),
);

function matches({ segments }: Pattern, path: readonly string[]): boolean {
  const rest = segments.at(-1) === '**';
  const fixed = rest ? segments.slice(0, -1) : segments;
  if (rest ? path.length < fixed.length : path.length !== fixed.length) return false;
  return fixed.every((segment, at) => segment.startsWith(':') || segment === path[at]);
}

/** To end and to go on by `**` count alike: `/about` beside `/about/**` is what people mean. */
function rank(segment: string | undefined): number {
  if (segment === undefined || segment === '**') return 3;
  return segment.startsWith(':') ? 2 : 1;
}

/** By the definition: some path is matched by both, and each is ahead at some segment. */
function crossesByDefinition(winner: Pattern, loser: Pattern): boolean {
  const ends = [winner, loser].map(
    ({ segments }) => segments.filter((part) => part !== '**').length,
  );
  // Behind the end of one there is nothing to be ahead of.
  const compared = Math.min(...ends) + 1;
  const ahead = Array.from(
    { length: compared },
    (_, at) => rank(loser.segments[at]) - rank(winner.segments[at]),
  ).filter((difference) => difference !== 0);
  const [first] = ahead;
  const behindLater = ahead.some((difference) => difference < 0);
  const meet = winner.method === loser.method || [winner.method, loser.method].includes('ANY');
  return (
    meet &&
    first !== undefined &&
    first > 0 &&
    behindLater &&
    paths.some((path) => matches(winner, path) && matches(loser, path))
  );
}

test(`the tree finds the pairs that the definition finds (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), (patterns) => {
      const found = crossings(patterns, () => true);
      for (const winner of patterns) {
        for (const loser of patterns) {
          if (winner === loser) continue;
          const expected = crossesByDefinition(winner, loser);
          const actual = found.some(([a, b]) => a === winner && b === loser);
          const shown = `${winner.segments.join('/')} and ${loser.segments.join('/')}`;
          assert.equal(actual, expected, shown);
        }
      }
    }),
    { seed, numRuns: 300 },
  );
});
