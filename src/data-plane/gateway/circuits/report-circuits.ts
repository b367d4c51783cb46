import {
  CIRCUIT_REPORTS_PREFIX,
  type CircuitReport,
  type CircuitState,
  type CircuitStatus,
  type TroubledInstance,
} from '../../../contract/circuits.ts';
import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Timer } from '../../../ports/clock/port.ts';
import type { Services } from '../services.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { BreakerState } from './breaker.ts';
import type { Circuit } from './circuits.ts';
import type { ShareParts } from './lease-shares.ts';

export interface CircuitReporter {
  /** A circuit has changed: that is told at once, and not in its turn. */
  changed(): void;
  /** How they stand now. */
  report(): CircuitReport;
  close(): void;
}

const EVERY_MS = 2_000;
/** Several that change together are told together. */
const SOON_MS = 50;
/** Of each kind, those in trouble first: a report stays small. */
const MOST_TOLD = 1_000;

/** Tells state how the circuits of a worker stand, whenever that is not what was told before. */
export function reportCircuits(
  services: Services,
  wheel: TimerWheel,
  { id, state, clock, log }: ShareParts,
): CircuitReporter {
  let told = '';
  let isTelling = false;
  const report = (): CircuitReport => describe(services, id, clock.nowMs(), wheel.nowMs);
  const tell = async (): Promise<void> => {
    const current = report();
    const mark = JSON.stringify({ ...current, atMs: 0 });
    if (isTelling || mark === told) return;
    isTelling = true;
    try {
      await state.put(`${CIRCUIT_REPORTS_PREFIX}${id}`, current);
      told = mark;
    } catch (error) {
      log.warn('How the circuits stand was not told', { error: String(error) });
    } finally {
      isTelling = false;
    }
  };
  const timer = clock.every(EVERY_MS, () => void tell());
  let soon: Timer | null = null;
  const changed = (): void => {
    soon ??= clock.after(SOON_MS, () => {
      soon = null;
      void tell();
    });
  };
  // Also that there is nothing to tell yet, so that `one of two workers` is true from the start.
  changed();
  return {
    changed,
    report,
    close() {
      timer.cancel();
      soon?.cancel();
    },
  };
}

function describe(
  services: Services,
  worker: string,
  nowEpochMs: number,
  nowMs: number,
): CircuitReport {
  const circuits = services.circuits
    .list()
    .map((circuit) => describeCircuit(circuit, nowMs, nowEpochMs - nowMs))
    .toSorted((a, b) => Number(a.state === 'closed') - Number(b.state === 'closed'));
  const limits = services.bulkheads.list().map(({ feature, limit, bulkhead }) => {
    return { feature, limit, share: bulkhead.limit, inFlight: bulkhead.inFlight };
  });
  const instances = services.list().flatMap(({ service, endpoints }) =>
    endpoints.flatMap((endpoint): TroubledInstance[] => {
      const state = troubleOf(endpoint);
      return state === null ? [] : [{ service, instance: endpoint.id, state }];
    }),
  );
  return {
    worker,
    atMs: nowEpochMs,
    circuits: circuits.slice(0, MOST_TOLD),
    limits: limits.slice(0, MOST_TOLD),
    instances: instances.slice(0, MOST_TOLD),
  };
}

function describeCircuit(
  { name, breaker }: Circuit,
  nowMs: number,
  epochOffsetMs: number,
): CircuitStatus {
  const { state } = breaker;
  const reason = state.kind === 'open' || state.kind === 'half-open' ? state.reason : null;
  return {
    circuit: name,
    state: stateOf(state),
    sinceMs: Math.round(state.sinceMs + epochOffsetMs),
    reason: reason && {
      calls: reason.total,
      failed: reason.failed,
      slow: reason.slow,
      need: reason.need,
    },
    ...breaker.counted(nowMs),
    opened: breaker.opened,
    refused: breaker.refused,
  };
}

function stateOf(state: BreakerState): CircuitState {
  return state.kind === 'held' ? `held-${state.position}` : state.kind;
}

function troubleOf(endpoint: Endpoint): TroubledInstance['state'] | null {
  if (endpoint.suspended) return 'unreached';
  if (endpoint.sick) return 'sick';
  if (endpoint.ejected) return 'ejected';
  return endpoint.warmth < 1 ? 'warming' : null;
}
