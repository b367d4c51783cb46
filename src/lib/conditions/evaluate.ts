import type { AddressList } from '../edge-language.ts';
import type { Expression, Scalar } from './expression.ts';
import type { RequestView } from './request-view.ts';

/** Where conditions find their tables; what a table holds may change, the object does not. */
export interface ConditionTables {
  get(name: string): AddressList | ReadonlyMap<string, string> | undefined;
}

export type Value = Scalar | ReadonlyMap<string, string> | AddressList;

/** Computes a value, or null for what CEL calls an error: a missing key, an overflow. */
export type Evaluate<Result extends Value = Value> = (view: RequestView) => Result | null;

/** Compiles a part of an expression. */
export type Compile = (part: Expression) => Evaluate;
