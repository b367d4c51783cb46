/** Time as a port, so that a simulation can own it. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For people and records. */
  nowMs(): number;
  /** Milliseconds that only grow. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `ms`; does not keep the process alive. */
  after(ms: number, callback: () => void): Timer;
  every(ms: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
