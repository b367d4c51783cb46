import type { FrontendPointer } from '../contract/keys.ts';
import type { Log } from '../lib/log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import type { Frontends } from './edge/frontends/frontends.ts';

/** Brings releases into service, and tries again for as long as their blobs cannot be read. */
export interface FrontendLoader {
  use(pointer: FrontendPointer): void;
  drop(frontend: string): void;
  close(): void;
}

const firstRetryMs = 1_000;
const mostRetryMs = 30_000;

export function createFrontendLoader(
  frontends: Pick<Frontends, 'use' | 'drop'>,
  clock: Pick<Clock, 'after'>,
  log: Log,
): FrontendLoader {
  const retries = new Map<string, Timer>();
  const wanted = new Map<string, FrontendPointer>();
  const attempt = async (pointer: FrontendPointer, retryMs: number): Promise<void> => {
    const { frontend } = pointer;
    try {
      await frontends.use(pointer);
    } catch (error) {
      // A later pointer has taken its place: that one has attempts of its own.
      if (wanted.get(frontend) !== pointer) return;
      log.error('A frontend release cannot be served', {
        frontend,
        release: pointer.release,
        error: String(error),
        inMs: retryMs,
      });
      const again = (): void => void attempt(pointer, Math.min(mostRetryMs, retryMs * 2));
      retries.set(frontend, clock.after(retryMs, again));
    }
  };
  const forget = (frontend: string): void => {
    retries.get(frontend)?.cancel();
    retries.delete(frontend);
  };
  return {
    use: (pointer) => {
      forget(pointer.frontend);
      wanted.set(pointer.frontend, pointer);
      void attempt(pointer, firstRetryMs);
    },
    drop: (frontend) => {
      forget(frontend);
      wanted.delete(frontend);
      frontends.drop(frontend);
    },
    close: () => {
      for (const frontend of retries.keys()) forget(frontend);
      wanted.clear();
    },
  };
}
