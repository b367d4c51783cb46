import type { Evaluate } from './evaluate.ts';
import type { Expression, ExpressionOf } from './expression.ts';
import type { RequestView } from './request-view.ts';

/**
 * A part that conditions tend to have in common and that says much for little: `client.address in
 * tables.wall`, `tables.settings["mode"] == "closed"`, `"q" in request.query`.
 */
export type Look = ExpressionOf<'in' | 'equal' | 'unequal'>;

/** The expression where it is a look, else null. */
export function lookOf(expression: Expression): Look | null {
  switch (expression.kind) {
    case 'in': {
      const { key, of } = expression;
      const isOfQuery =
        of.kind === 'field' && of.field === 'request.query' && key.kind === 'constant';
      return of.kind === 'table' || isOfQuery ? expression : null;
    }
    case 'equal':
    case 'unequal': {
      const { left, right } = expression;
      const isOfTable = left.kind === 'constant' ? isTableEntry(right) : isTableEntry(left);
      const isWithConstant = left.kind === 'constant' || right.kind === 'constant';
      return isOfTable && isWithConstant ? expression : null;
    }
    default:
      return null;
  }
}

/** What a table holds under a key that is written out. */
function isTableEntry(expression: Expression): boolean {
  const { kind } = expression;
  return kind === 'at' && expression.of.kind === 'table' && expression.key.kind === 'constant';
}

/**
 * The looks that several conditions have in common: each is made once for a view, whichever
 * condition comes to it first, and remembered for those that follow. A view is a request at one
 * moment: whoever judges it later makes another.
 */
export class SharedLooks {
  readonly #known = new Map<string, Evaluate>();

  /** The look that stands in an expression; `compile` is asked where nobody had it before. */
  of({ source }: Look, compile: () => Evaluate): Evaluate {
    // No condition binds a name, so the same words mean the same everywhere.
    let look = this.#known.get(source);
    if (look === undefined) this.#known.set(source, (look = remembering(compile())));
    return look;
  }
}

function remembering(evaluate: Evaluate): Evaluate {
  let seen: RequestView | null = null;
  let found: ReturnType<Evaluate> = null;
  return (view) => {
    if (view !== seen) {
      found = evaluate(view);
      seen = view;
    }
    return found;
  };
}
