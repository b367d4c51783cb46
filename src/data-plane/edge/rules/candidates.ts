import type { RequestView } from '../../../lib/conditions/request-view.ts';
import type { HeadMemo } from '../../exchange.ts';

/** False for no, null for one that fails, which a rule is to count. */
export type Look = (view: RequestView) => unknown;

export interface LookingRule<Rule> {
  readonly rule: Rule;
  /** The rule is tried where one of these does not say no; null for always. */
  readonly looks: readonly Look[] | null;
  /** What of its condition is about the headers alone; null for nothing. False ends it. */
  readonly aboutHeaders: Look | null;
}

/** What lists made ahead may still take, of all the rules together. */
export interface ListRoom {
  leftBytes: number;
}

/** As many as a number has bits to go by; rules with a look beyond are always tried. */
const MOST_LOOKS = 30;
export const LIST_BYTES = 100;

/**
 * The rules that concern one target, in their order. Each look is made once for all the rules that
 * need it; where it says no, they are not even stepped over.
 */
export class Candidates<Rule> {
  readonly #rules: readonly Rule[];
  readonly #looks: readonly Look[];
  /** Of each rule, a bit for each look that it needs one of; 0 for a rule that needs none. */
  readonly #needs: readonly number[];
  readonly #aboutHeaders: ReadonlyMap<Rule, Look | null>;
  readonly #room: ListRoom;
  /** By what the looks said. */
  readonly #lists = new Map<number, readonly Rule[]>();
  readonly #withoutTables: readonly Rule[];

  constructor(rules: readonly LookingRule<Rule>[], room: ListRoom) {
    const looks = [...new Set(rules.flatMap((rule) => rule.looks ?? []))].slice(0, MOST_LOOKS);
    const bitOf = new Map(looks.map((look, bit) => [look, 1 << bit]));
    this.#rules = rules.map(({ rule }) => rule);
    this.#looks = looks;
    this.#aboutHeaders = new Map(rules.map((each) => [each.rule, each.aboutHeaders]));
    this.#needs = rules.map((rule) => {
      const bits = (rule.looks ?? []).map((look) => bitOf.get(look) ?? 0);
      return bits.includes(0) ? 0 : bits.reduce((sum, bit) => sum | bit, 0);
    });
    this.#room = room;
    // A look that says no ends only those that need it; no look at all is bit 0, which none has.
    this.#withoutTables = looks.length === 0 ? this.#rules : this.#listFor(0);
  }

  /** Whether there is none, whatever the tables say. */
  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /**
   * Those to try for a request. Where its headers were said before, those that they rule out are
   * left out: `memo` comes with the headers and holds what was found for them. What is said for the
   * first time is not looked at, as it may never be said again.
   */
  of(view: RequestView, memo: HeadMemo): readonly Rule[] {
    const list = this.#byTables(view);
    if (memo.of !== list) {
      memo.of = list;
      memo.left = null;
      return list;
    }
    memo.left ??= list.filter((rule) => this.#aboutHeaders.get(rule)?.(view) !== false);
    return memo.left as readonly Rule[];
  }

  #byTables(view: RequestView): readonly Rule[] {
    const looks = this.#looks;
    let said = 0;
    for (let bit = 0; bit < looks.length; bit++) {
      if (looks[bit]?.(view) !== false) said |= 1 << bit;
    }
    if (said === 0) return this.#withoutTables;
    const before = this.#lists.get(said);
    if (before !== undefined) return before;
    const list = this.#listFor(said);
    const costBytes = LIST_BYTES + 8 * list.length;
    if (costBytes <= this.#room.leftBytes) {
      this.#room.leftBytes -= costBytes;
      this.#lists.set(said, list);
    }
    return list;
  }

  #listFor(said: number): readonly Rule[] {
    return this.#rules.filter((_, at) => {
      const needs = this.#needs[at] ?? 0;
      return needs === 0 || (needs & said) !== 0;
    });
  }
}
