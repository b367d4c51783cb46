import type { LinearPattern } from './linear-pattern.ts';
import type { ExpressionType, RequestField } from './request-view.ts';

/**
 * A condition as it is compiled and analysed: the part of CEL that edge.yaml has, with the type of
 * each part settled.
 */
export type Expression = { readonly type: ExpressionType; readonly source: string } & (
  | { readonly kind: 'constant'; readonly value: Scalar }
  | { readonly kind: 'field'; readonly field: RequestField }
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'not' | 'negate'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly held: Expression;
      readonly otherwise: Expression;
    }
  | {
      readonly kind: 'equal' | 'unequal';
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'arithmetic';
      readonly operator: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** Membership of a list, a map or an address list. */
  | { readonly kind: 'in'; readonly key: Expression; readonly of: Expression }
  /** What a map holds under a key; an error where it holds nothing. */
  | { readonly kind: 'at'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'matches'; readonly of: Expression; readonly pattern: LinearPattern }
  | {
      readonly kind: 'call';
      readonly name: FunctionName;
      readonly of: Expression;
      readonly argument: Expression | null;
    }
);

export type Scalar = boolean | string | bigint | number;
export type Comparison = '<' | '<=' | '>' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/' | '%';

/** The functions of conditions, each of one value and at most one argument. */
export type FunctionName =
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | 'indexOf'
  | 'size'
  | 'lowerAscii'
  | 'upperAscii'
  | 'trim'
  | 'int'
  | 'string';

export type ExpressionOf<Kind extends Expression['kind']> = Extract<
  Expression,
  { readonly kind: Kind }
>;
