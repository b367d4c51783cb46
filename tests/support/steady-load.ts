import { type ChildMessage, startChild } from './child-process.ts';

/** A load that is under way. */
export interface SteadyLoad {
  /** What the site answered in a second when it was asked for as much as it can. */
  readonly capacity: number;
  /** Ends it, and tells how much of that it was, at least. */
  end(): Promise<LoadHeld>;
}

export interface LoadHeld {
  readonly perSecond: number;
  readonly capacityBefore: number;
  readonly capacityAfter: number;
  /** Of the larger of the two: a machine disturbed while it was measured flatters nobody. */
  readonly share: number;
}

/**
 * Keeps a site busy with `share` of what it can answer here and now, which is measured before and
 * after. Resolves once that load is on.
 */
export async function keepLoaded(setting: {
  readonly port: number;
  readonly share: number;
  /** One whose answer costs the workers alone. */
  readonly path: string;
  /** Header lines of each request, each with its end. */
  readonly headers: string;
}): Promise<SteadyLoad> {
  const child = startChild('steady-load-process.ts', 'steady', setting);
  const capacity = perSecond(await child.says('capacity'));
  await child.says('settled');
  return {
    capacity,
    async end() {
      child.tell('stop');
      const held = perSecond(await child.says('held'));
      const after = perSecond(await child.says('capacity after'));
      const share = Math.round((held / Math.max(capacity, after)) * 100) / 100;
      return { perSecond: held, capacityBefore: capacity, capacityAfter: after, share };
    },
  };
}

function perSecond(message: ChildMessage): number {
  return Number(message['perSecond']);
}
