import {
  bulkhead,
  circuitBreaker,
  handleAll,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';

import { systemClock } from '../../src/adapters/system/clock.ts';
import { Admission } from '../../src/data-plane/gateway/circuits/admission.ts';
import { Bulkhead } from '../../src/data-plane/gateway/circuits/bulkhead.ts';
import { Circuits } from '../../src/data-plane/gateway/circuits/circuits.ts';
import { createTimerWheel } from '../../src/lib/timer-wheel.ts';

/** One way to call what may fail, and may take too long, or be too much. */
export interface Guard {
  readonly name: string;
  /** Calls the same nothing under the same terms, and resolves when it is done. */
  call(): Promise<unknown>;
  close(): void;
}

const AT_A_TIME = 80;
const DEADLINE_MS = 3_000;
const WINDOW_MS = 10_000;
const SHARE = 0.5;
const done = Promise.resolve();

/** What is called: as little as a promise can be. */
const work = (): Promise<void> => done;

export function bare(): Guard {
  return { name: 'bare', call: () => work().then(() => undefined), close: () => undefined };
}

/** As an attempt does it: both breakers and the bulkhead, and the timeout of a connection. */
export function own(): Guard {
  const clock = systemClock;
  const wheel = createTimerWheel(clock.monotonicMs(), 25);
  const ticking = clock.every(25, () => wheel.advance(clock.monotonicMs()));
  const circuits = new Circuits(
    () => wheel.nowMs,
    () => undefined,
  );
  const route = { circuits: circuits.of('bench', 'bench.one'), bulkhead: new Bulkhead(AT_A_TIME) };
  const timeoutOfConnection = wheel.arm(DEADLINE_MS, () => {
    throw new Error('it was cancelled');
  });
  return {
    name: 'turnout',
    call() {
      const admission = new Admission(route, 'GET');
      const beganMs = clock.monotonicMs();
      if (admission.enter(beganMs) !== null) throw new Error('it was not let in');
      timeoutOfConnection.rearm(DEADLINE_MS);
      const settled = (): undefined => {
        timeoutOfConnection.cancel();
        const nowMs = clock.monotonicMs();
        admission.reached(nowMs, nowMs - beganMs, undefined);
        admission.leave();
        return undefined;
      };
      return work().then(settled);
    },
    close() {
      timeoutOfConnection.cancel();
      ticking.cancel();
    },
  };
}

export function opossum(): Guard {
  const breaker = new CircuitBreaker(work, {
    timeout: DEADLINE_MS,
    capacity: AT_A_TIME,
    errorThresholdPercentage: SHARE * 100,
    volumeThreshold: 20,
    rollingCountTimeout: WINDOW_MS,
    rollingCountBuckets: 10,
  });
  return { name: 'opossum', call: () => breaker.fire(), close: () => breaker.shutdown() };
}

export function cockatiel(): Guard {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: 5_000,
    breaker: new SamplingBreaker({ threshold: SHARE, duration: WINDOW_MS, minimumRps: 2 }),
  });
  const policy = wrap(
    bulkhead(AT_A_TIME, 0),
    breaker,
    timeout(DEADLINE_MS, TimeoutStrategy.Aggressive),
  );
  return { name: 'cockatiel', call: () => policy.execute(work), close: () => undefined };
}
