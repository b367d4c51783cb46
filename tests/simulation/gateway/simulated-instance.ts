import type { Answer } from '../../../src/data-plane/exchange.ts';
import type { UpstreamConnection } from '../../../src/data-plane/gateway/upstream/connection.ts';
import { Endpoint } from '../../../src/data-plane/gateway/upstream/endpoint.ts';
import type {
  Outcome,
  UpstreamRequest,
} from '../../../src/data-plane/gateway/upstream/upstream-exchange.ts';
import type { TimerWheel } from '../../../src/lib/timer-wheel.ts';
import type { Clock } from '../../../src/ports/clock/port.ts';
import type { Randomness } from '../../../src/ports/randomness/port.ts';

/** How an instance behaves now; changed while it runs. */
export interface Nature {
  /** So many requests are worked on at a time; the others wait, first come, first served. */
  slots: number;
  /** What one takes when it is worked on. */
  workMs(path: string): number;
  /** Chance of each fault, for each request. */
  refuse: number;
  lose: number;
  hang: number;
  fail: number;
}

export function wellBehaved(slots: number, workMs: number): Nature {
  return { slots, workMs: () => workMs, refuse: 0, lose: 0, hang: 0, fail: 0 };
}

/**
 * An instance of a service without a network: a queue and a few hands. What is given up is worked
 * on all the same, as in most services: that is what makes an overload last.
 */
export class SimulatedInstance extends Endpoint {
  nature: Nature;
  /** Requests that it has, those given up among them. */
  held = 0;
  readonly #clock: Clock;
  readonly #randomness: Randomness;
  readonly #same: SimulatedInstance | null;
  readonly #queue: (() => void)[] = [];
  #working = 0;

  constructor(
    id: string,
    nature: Nature,
    parts: {
      readonly clock: Clock;
      readonly randomness: Randomness;
      readonly wheel: TimerWheel;
      /** The same instance as another worker sees it. */
      readonly same?: SimulatedInstance | undefined;
    },
  ) {
    super(id, { address: '127.0.0.1', port: 1, tls: null, hostHeader: null }, parts.wheel);
    this.nature = nature;
    this.#clock = parts.clock;
    this.#randomness = parts.randomness;
    this.#same = parts.same ?? null;
  }

  override take(): UpstreamConnection {
    // The only part of a connection that an attempt knows.
    return new SimulatedConnection(this, this.#clock) as unknown as UpstreamConnection;
  }

  serve(request: UpstreamRequest, settle: (outcome: Outcome) => void): void {
    if (this.#same !== null) return this.#same.serve(request, settle);
    const path = request.head.split(' ')[1] ?? '';
    const { refuse, lose, hang, fail } = this.nature;
    const chance = this.#randomness.fraction();
    if (chance < refuse) {
      this.#later(1, () => settle(failed('refused', false)));
    } else if (chance < refuse + lose) {
      // Half of them are lost only after all was done.
      if (chance < refuse + lose / 2) this.answerTo(request, 200);
      this.#later(5, () => settle(failed('lost', true)));
    } else if (chance >= refuse + lose + hang) {
      const status = chance < refuse + lose + hang + fail ? 503 : 200;
      this.held++;
      this.#queue.push(() => {
        this.#later(this.nature.workMs(path), () => {
          this.#working--;
          this.held--;
          settle({ kind: 'answer', answer: this.answerTo(request, status) });
          this.#work();
        });
      });
      this.#work();
    }
  }

  /** What it does and says, at the moment when it is done. */
  answerTo(_request: UpstreamRequest, status: number): Answer {
    return {
      status,
      headers: ['cache-control', 'no-store'],
      body: Buffer.from('it is done'),
    };
  }

  #work(): void {
    while (this.#working < this.nature.slots) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#working++;
      next();
    }
  }

  #later(ms: number, callback: () => void): void {
    this.#clock.after(ms, callback);
  }
}

/** One request at a time, until it is settled once. */
class SimulatedConnection {
  readonly reused = false;
  readonly #instance: SimulatedInstance;
  readonly #clock: Clock;
  #settle: (outcome: Outcome) => void = () => undefined;

  constructor(instance: SimulatedInstance, clock: Clock) {
    this.#instance = instance;
    this.#clock = clock;
  }

  exchange(request: UpstreamRequest): void {
    let isSettled = false;
    this.#settle = (outcome) => {
      if (isSettled) return;
      isSettled = true;
      timer.cancel();
      request.settled(outcome);
    };
    const timer = this.#clock.after(request.deadlineMs, () => this.#settle(failed('late', true)));
    this.#instance.serve(request, (outcome) => this.#settle(outcome));
  }

  abandon(failure: 'gone' | 'body-too-large'): void {
    this.#settle(failed(failure, true));
  }
}

function failed(failure: Extract<Outcome, { kind: 'failed' }>['failure'], sent: boolean): Outcome {
  return { kind: 'failed', failure, sent, why: 'simulated' };
}
