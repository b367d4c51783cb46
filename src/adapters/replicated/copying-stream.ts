import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { StoredBlob } from '../../ports/blobs/port.ts';
import type { Clock } from '../../ports/clock/port.ts';

/** Takes a stream of bytes. */
export type StreamTaker = (source: AsyncIterable<Uint8Array>) => Promise<StoredBlob>;

interface Branch {
  readonly pass: PassThrough;
  readonly outcome: Promise<PromiseSettledResult<StoredBlob>>;
  settled: boolean;
}

/**
 * Hands one source to several takers, each at its own pace; who fails, or takes nothing for
 * `stallMs`, is left behind. The outcome of each, in order. Rejects when the source fails, and then
 * nobody has been given an end.
 */
export async function copyStream(
  source: AsyncIterable<Uint8Array>,
  takers: readonly StreamTaker[],
  stallMs: number,
  clock: Clock,
): Promise<readonly PromiseSettledResult<StoredBlob>[]> {
  const branches = takers.map(branchTo);
  try {
    for await (const chunk of source) {
      await Promise.all(branches.map((branch) => give(branch, chunk, stallMs, clock)));
      if (branches.every(({ settled }) => settled)) break;
    }
  } catch (error) {
    for (const { pass } of branches) pass.destroy(error as Error);
    await settled(branches, stallMs, clock);
    throw error;
  }
  for (const { pass } of branches) pass.end();
  // What is left is to bring the last of it to the disk.
  return settled(branches, stallMs * 6, clock);
}

/** What came of each branch; a failure for one of which nothing is known by then. */
async function settled(
  branches: readonly Branch[],
  limitMs: number,
  clock: Clock,
): Promise<readonly PromiseSettledResult<StoredBlob>[]> {
  const { promise: tooLate, resolve } = Promise.withResolvers<PromiseRejectedResult>();
  const timer = clock.after(limitMs, () => resolve(late));
  const outcomes = await Promise.all(
    branches.map(({ outcome }) => Promise.race([outcome, tooLate])),
  );
  timer.cancel();
  return outcomes;
}

const late: PromiseRejectedResult = {
  status: 'rejected',
  reason: new Error('it does not bring what it was given to its disk'),
};

function branchTo(taker: StreamTaker): Branch {
  const pass = new PassThrough();
  // Destroying it is how a taker is told; nobody else listens.
  pass.on('error', () => undefined);
  const branch: { -readonly [Key in keyof Branch]: Branch[Key] } = {
    pass,
    settled: false,
    outcome: Promise.allSettled([taker(pass)]).then(([outcome]) => {
      branch.settled = true;
      pass.destroy();
      return outcome;
    }),
  };
  return branch;
}

async function give(
  branch: Branch,
  chunk: Uint8Array,
  stallMs: number,
  clock: Clock,
): Promise<void> {
  const { pass } = branch;
  if (branch.settled || pass.destroyed || pass.write(chunk)) return;
  const over = new AbortController();
  const drained = once(pass, 'drain', { signal: over.signal }).catch(() => undefined);
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(stallMs, () => {
    branch.settled = true;
    pass.destroy(new Error('it takes nothing any more'));
    resolve();
  });
  await Promise.race([drained, branch.outcome, tooLate]);
  timer.cancel();
  over.abort();
}
