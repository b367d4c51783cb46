/** It took longer than it may; says of what. */
export class TooLate extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took more than ${Math.round(ms)} ms`);
    this.name = 'TooLate';
  }
}

/**
 * What `work` resolves with, if it does so in time; else rejects with TooLate, and `late` gets what
 * comes after that.
 */
export function within<T>(
  ms: number,
  what: string,
  work: Promise<T>,
  late: (result: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      reject(new TooLate(what, ms));
    }, ms);
    work.then(
      (result) => {
        clearTimeout(timer);
        return over ? late(result) : resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        if (!over) reject(error as Error);
      },
    );
  });
}
