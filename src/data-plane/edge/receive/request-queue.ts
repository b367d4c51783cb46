import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request that was read and waits for its turn. */
export interface Turn {
  readonly req: Pick<IncomingMessage, 'complete'>;
  readonly res: Pick<ServerResponse, 'headersSent'>;
  begin(): void;
}

/**
 * Requests that a client sent ahead on one connection, begun one after the other: each only once
 * the answer before it is complete. So nothing is done for a request whose answer cannot come any
 * more, and what must not be done at once is not (RFC 9112, section 9.3.2: only safe methods might
 * be).
 */
export class RequestQueue {
  #active: Turn | null = null;
  readonly #waiting: Turn[] = [];
  #refusal: (() => void) | null = null;

  get length(): number {
    return (this.#active === null ? 0 : 1) + this.#waiting.length;
  }

  take(turn: Turn): void {
    if (this.#active !== null || this.#refusal !== null) {
      this.#waiting.push(turn);
      return;
    }
    this.#active = turn;
    turn.begin();
  }

  /** The answer that was under way is complete. */
  done(): void {
    this.#active = null;
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#refusal?.();
      return;
    }
    this.#active = next;
    next.begin();
  }

  /** The connection has had its last answer: what waits is never begun. */
  drop(): void {
    this.#active = null;
    this.#waiting.length = 0;
    this.#refusal = null;
  }

  /**
   * What came after the requests taken so far is none, or the last of them is malformed in its
   * body: `refuse` is called once those ahead of it are answered, `cut` where its answer has begun.
   */
  fail(refuse: () => void, cut: () => void): void {
    const last = this.#waiting.at(-1) ?? this.#active;
    if (last !== null && !last.req.complete) {
      if (last === this.#active) {
        if (last.res.headersSent) cut();
        else refuse();
        return;
      }
      this.#waiting.pop();
    }
    if (this.#active === null) refuse();
    else this.#refusal = refuse;
  }
}
