import type { Evaluate } from './evaluate.ts';
import type { ExpressionOf } from './expression.ts';
import type { RequestView } from './request-view.ts';

/**
 * The looks into tables that several conditions have in common, such as `client.address in
 * tables.wall`: each is made once for a view, whichever condition comes to it first, and remembered
 * for those that follow. A view is a request at one moment: whoever judges it later makes another.
 */
export class SharedLooks {
  readonly #known = new Map<string, Evaluate>();

  /** The look that stands in an expression; `compile` is asked where nobody had it before. */
  of({ key, of: where }: ExpressionOf<'in'>, compile: () => Evaluate): Evaluate {
    // No condition binds a name, so the same words mean the same everywhere.
    const name = `${key.source} in ${where.kind === 'table' ? where.table : where.source}`;
    let look = this.#known.get(name);
    if (look === undefined) this.#known.set(name, (look = remembering(compile())));
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
