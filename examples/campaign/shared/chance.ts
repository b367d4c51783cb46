/** Chance for seeds: the same on every machine, so that an example looks the same everywhere. */
export interface Chance {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** One of a list that is not empty. */
  one<T>(list: readonly T[]): T;
}

/** A linear congruential generator: plenty for made-up people, and for nothing else. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const below = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  return {
    below,
    one: (list) => {
      const found = list[below(list.length)];
      if (found === undefined) throw new RangeError('one of nothing');
      return found;
    },
  };
}
