/**
 * Whether a feature is well enough to be sent what was queued, and how much at a time. One probe at
 * first; a success opens it, a little at a time. Two failures in a row close it, and the next probe
 * waits longer. One failure alone does not: a poisoned write must stop nobody but its own key.
 */
export type GateState =
  /** Nothing is sent before `untilMs`; then one probe is. */
  | { readonly kind: 'closed'; readonly untilMs: number; readonly pauses: number }
  | { readonly kind: 'probing'; readonly pauses: number }
  | { readonly kind: 'open'; readonly width: number; readonly failedInRow: number };

export type GateEvent =
  | { readonly kind: 'sent' }
  | { readonly kind: 'succeeded' }
  /** `jitter` in [0, 1). */
  | { readonly kind: 'failed'; readonly nowMs: number; readonly jitter: number }
  /** A request of a client that was no replay was answered well. */
  | { readonly kind: 'seen-well'; readonly nowMs: number };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** Most that are under way of one feature at a time. */
export const WIDEST = 8;

export const newGate: GateState = { kind: 'closed', untilMs: 0, pauses: 0 };

/** How many may be under way now. */
export function allowed(state: GateState, nowMs: number): number {
  switch (state.kind) {
    case 'closed':
      return nowMs >= state.untilMs ? 1 : 0;
    case 'probing':
      return 1;
    case 'open':
      return state.width;
  }
}

export function stepGate(state: GateState, event: GateEvent): GateState {
  switch (event.kind) {
    case 'sent':
      return state.kind === 'closed' ? { kind: 'probing', pauses: state.pauses } : state;
    case 'succeeded': {
      const width = state.kind === 'open' ? Math.min(WIDEST, state.width + 1) : 2;
      return { kind: 'open', width, failedInRow: 0 };
    }
    case 'failed':
      return failed(state, event.nowMs, event.jitter);
    case 'seen-well':
      // It does not open the gate, which only a replay can; but there is no need to wait.
      return state.kind === 'closed' ? { ...state, untilMs: event.nowMs } : state;
  }
}

function failed(state: GateState, nowMs: number, jitter: number): GateState {
  if (state.kind === 'open' && state.failedInRow === 0) {
    return { kind: 'open', width: 1, failedInRow: 1 };
  }
  // What was under way when the gate closed has nothing new to say.
  if (state.kind === 'closed') return state;
  const pauses = state.kind === 'probing' ? state.pauses : 0;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses);
  return {
    kind: 'closed',
    untilMs: nowMs + pauseMs * (0.75 + jitter / 2),
    pauses: Math.min(pauses + 1, 16),
  };
}
