/** How a process has fared lately: how often in a row it died soon after its start. */
export interface RestartHistory {
  readonly quickDeaths: number;
}

export interface RestartDecision {
  readonly history: RestartHistory;
  readonly delayMs: number;
  /** From the moment that somebody should look: said once for each loop. */
  readonly crashLoop: 'begins' | 'goes on' | 'no';
}

export const freshHistory: RestartHistory = { quickDeaths: 0 };

/** One that lived this long is taken to have worked. */
const stableMs = 3_000;
const firstDelayMs = 100;
const longestDelayMs = 5_000;
const loopFrom = 4;

/**
 * When to start a process again: at once if it had been running, ever later if it keeps dying
 * young.
 */
export function decideRestart(history: RestartHistory, ranForMs: number): RestartDecision {
  if (ranForMs >= stableMs) return { history: freshHistory, delayMs: 0, crashLoop: 'no' };
  const quickDeaths = history.quickDeaths + 1;
  const delayMs =
    quickDeaths === 1 ? 0 : Math.min(firstDelayMs * 2 ** (quickDeaths - 2), longestDelayMs);
  return { history: { quickDeaths }, delayMs, crashLoop: loopPhase(quickDeaths) };
}

function loopPhase(quickDeaths: number): RestartDecision['crashLoop'] {
  if (quickDeaths < loopFrom) return 'no';
  return quickDeaths === loopFrom ? 'begins' : 'goes on';
}
