import { lookAtReplica } from './member-sight.ts';
import type { Members } from './members.ts';

const pollMs = 100;
const answersWithinMs = 15_000;

/** How far each replica has the log; null for one that does not answer. */
export async function receivedByEach(
  members: Members,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string | null>> {
  const replicas = members.keeper.current.members.filter(
    ({ standing }) => standing.kind === 'replica',
  );
  const asked = replicas.map(
    async ({ name }) => [name, await settledPosition(members, name, signal)] as const,
  );
  return new Map(await Promise.all(asked));
}

/** One that was started only now may still be reading its own log. */
async function settledPosition(
  members: Members,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { clock } = members.options;
  const deadlineMs = clock.monotonicMs() + answersWithinMs;
  let before: string | null = null;
  for (;;) {
    const sight = members.isUp(name) ? await lookAtReplica(members, name).catch(() => null) : null;
    if (sight !== null && (!sight.inRecovery || sight.received === before)) return sight.received;
    if (clock.monotonicMs() > deadlineMs) return sight?.received ?? null;
    before = sight?.received ?? null;
    await clock.sleep(pollMs, signal);
  }
}
