import { isTargeted, type CacheTarget } from './address.ts';
import { AnswerFetch, type FetchKind, type FetchParts } from './fetch-answer.ts';
import { joined } from './flat-headers.ts';
import type { CacheableRequest } from './cacheable-request.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** What is being fetched at the moment, by address. */
export class RunningFetches {
  readonly #parts: FetchParts;
  readonly #fetches = new Map<string, Set<AnswerFetch>>();

  constructor(parts: FetchParts) {
    this.#parts = parts;
  }

  begin(
    request: CacheableRequest,
    address: string,
    stale: StoredAnswer | null,
    kind: FetchKind,
  ): AnswerFetch {
    const { exchange, policy, hasLadder } = request;
    const fetch = new AnswerFetch(this.#parts, {
      first: exchange,
      kind,
      address,
      policy,
      stale,
      hasLadder,
      forward: (wanted) => request.forward(wanted),
    });
    const fetches = this.#fetches.get(address) ?? new Set();
    this.#fetches.set(address, fetches.add(fetch));
    const forget = (): void => {
      fetches.delete(fetch);
      if (fetches.size === 0 && this.#fetches.get(address) === fetches) {
        this.#fetches.delete(address);
      }
    };
    fetch.over().then(forget, forget);
    return fetch;
  }

  /** One whose answer will, as far as can be known, be the answer to this request too. */
  runningFor(address: string, headers: readonly string[]): AnswerFetch | null {
    const fetches = this.#fetches.get(address);
    if (fetches === undefined) return null;
    // What an answer of that address varied by, the next one will too.
    const names = this.#parts.store.any(address)?.variant.map(({ name }) => name) ?? [];
    for (const fetch of fetches) {
      const { requestHeaders, isShared } = fetch;
      const isSame = names.every((name) => joined(requestHeaders, name) === joined(headers, name));
      if (isShared && isSame) return fetch;
    }
    return null;
  }

  /** What is under way and may be meant is not kept when it comes. */
  outdate(target: CacheTarget): void {
    for (const [address, fetches] of this.#fetches) {
      if (!isTargeted(target, address)) continue;
      for (const fetch of fetches) fetch.outdate();
    }
  }
}
