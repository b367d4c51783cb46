import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Exchange } from '../../exchange.ts';

/** Clients that one worker keeps waiting at a time: each has a connection open. */
const MAX_HELD = 2_000;

/** Clients that are kept waiting on purpose. One that leaves is let go at once. */
export class HeldClients {
  readonly #wheel: TimerWheel;
  readonly #limit: number;
  #held = 0;

  constructor(wheel: TimerWheel, limit = MAX_HELD) {
    this.#wheel = wheel;
    this.#limit = limit;
  }

  get size(): number {
    return this.#held;
  }

  /** Resolves to whether the client is still there; null where there is no room to hold it. */
  hold(exchange: Pick<Exchange, 'onAbandoned'>, forMs: number): Promise<boolean> | null {
    if (this.#held >= this.#limit) return null;
    this.#held += 1;
    return new Promise((resolve) => {
      let isOver = false;
      const end = (isThere: boolean): void => {
        if (isOver) return;
        isOver = true;
        this.#held -= 1;
        timeout.cancel();
        resolve(isThere);
      };
      const timeout = this.#wheel.arm(forMs, () => end(true));
      exchange.onAbandoned(() => end(false));
    });
  }
}
