import type { Clock } from '../../ports/clock/port.ts';

/**
 * The first answer that is something, asking one after the other: the next is asked when one fails
 * or has nothing, and also when it has not answered for `hedgeMs`. Null when all have nothing;
 * rejects with the first failure when none has anything and one could not say.
 */
export function firstAnswer<Result>(
  asks: readonly (() => Promise<Result | null>)[],
  hedgeMs: number,
  clock: Pick<Clock, 'after'>,
): Promise<Result | null> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let open = 0;
    let failed: { readonly error: unknown } | null = null;
    const ask = (): void => {
      const begin = asks[next];
      if (begin === undefined) {
        if (open > 0) return;
        if (failed === null) resolve(null);
        else reject(failed.error);
        return;
      }
      next += 1;
      open += 1;
      const impatient = clock.after(hedgeMs, ask);
      void begin()
        .catch((error: unknown) => {
          failed ??= { error };
          return null;
        })
        .then((result) => {
          impatient.cancel();
          open -= 1;
          return result === null ? ask() : resolve(result);
        });
    };
    ask();
  });
}
