import type { Log } from '../lib/log.ts';
import type { State } from '../ports/state/port.ts';

/**
 * The same state for whoever takes a site down: a write that fails, because the disk is full for
 * one, is told once and passed over, since stopping must not wait for a record of it. The next `up`
 * finds what runs by its processes.
 */
export function forgivingState(state: State, log: Log): State {
  let isTold = false;
  const orElse = async <Result>(write: Promise<Result>, instead: Result): Promise<Result> => {
    try {
      return await write;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isTold) log.warn('stopping without keeping a record of it', { reason });
      isTold = true;
      return instead;
    }
  };
  return {
    get: (key) => state.get(key),
    list: (prefix) => state.list(prefix),
    watch: (prefix, listener) => state.watch(prefix, listener),
    lease: (name, holder, ttlMs) => state.lease(name, holder, ttlMs),
    close: () => state.close(),
    put: (key, value) => orElse(state.put(key, value), 0),
    delete: (key, expected) => orElse(state.delete(key, expected), false),
    compareAndSet: (key, value, expected) =>
      orElse(state.compareAndSet(key, value, expected), { kind: 'written', revision: 0 }),
  };
}
