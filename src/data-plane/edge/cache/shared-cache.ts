import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import { type Answer, header } from '../../exchange.ts';
import { headerMarks } from '../../header-marks.ts';
import { addressOf, type CacheTarget, originOf, targetOf } from './address.ts';
import type { DiskTier } from './disk/disk-tier.ts';
import { forwarded, gatewayTimeout, isOnlyIfCached, withStatus } from './cache-answers.ts';
import { AnswerStore } from './answer-store.ts';
import type { CacheableRequest } from './cacheable-request.ts';
import type { Fetched } from './fetch-answer.ts';
import { Reluctance } from './reluctance.ts';
import { RunningFetches } from './running-fetches.ts';
import { isCompletable } from './complete-part.ts';
import { isFresh, remainingMs, type StoredAnswer } from './stored-answer.ts';
import { type Told, tellFetched, use, useInstead, whyForwarded } from './tell-fetched.ts';
import { doubtfulAddresses, isAnswerToGet } from './write-through.ts';

export interface SharedCacheOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly wheel: TimerWheel;
  readonly limitBytes: number;
  /** What is kept below the memory; null for nothing. */
  readonly disk: DiskTier | null;
}

/** How long a request waits for the one that asks for the same; then it asks for itself. */
const WAIT_MS = 5_000;
const LONGEST_OBJECT_BYTES = 8 * 1024 * 1024;
const OBJECT_SHARE = 1 / 8;
/** Of what is kept, again, for bodies that are under way. */
const BUDGET_SHARE = 1 / 2;
const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
/** Errors that a stale answer may stand in for (RFC 5861 4). */
const errors = new Set([500, 502, 503, 504]);
/** A shared cache by RFC 9111, with RFC 5861, RFC 9211 and RFC 9213, in a worker's memory. */
export class SharedCache {
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly #wheel: TimerWheel;
  readonly #store: AnswerStore;
  readonly #disk: DiskTier | null;
  readonly #fetches: RunningFetches;
  readonly #reluctance: Reluctance;

  constructor({ clock, wheel, limitBytes, disk }: SharedCacheOptions) {
    this.#clock = clock;
    this.#wheel = wheel;
    this.#disk = disk;
    const objectBytes = Math.min(LONGEST_OBJECT_BYTES, limitBytes * OBJECT_SHARE);
    this.#store = new AnswerStore(limitBytes, disk);
    const budget = { limitBytes: limitBytes * BUDGET_SHARE, usedBytes: 0 };
    this.#fetches = new RunningFetches({ store: this.#store, clock, objectBytes, budget });
    this.#reluctance = new Reluctance(clock);
  }

  usage(): { readonly answers: number; readonly bytes: number } {
    return { answers: this.#store.size, bytes: this.#store.bytes };
  }

  /**
   * Says how many answers it found; what is being fetched at the moment is not kept either, and
   * what was put on disk after `saidEpochMs` is not meant.
   */
  purge(target: CacheTarget, isSoft: boolean, saidEpochMs: number): number {
    this.#fetches.outdate(target);
    return this.#store.purge(target, isSoft, saidEpochMs);
  }

  purgesForgotten(untilEpochMs: number): void {
    this.#disk?.purgesForgotten(untilEpochMs);
  }

  answer(request: CacheableRequest): Answer | Promise<Answer> {
    const { exchange, policy, side } = request;
    const { method, headers, marks, body, upgrade } = exchange.request;
    if (!safe.has(method)) return this.#writeThrough(request);
    const isOurs = method === 'GET' || method === 'HEAD';
    if (!isOurs || policy.kind === 'none' || body !== null || upgrade !== null) {
      return request.forward(exchange);
    }
    if (isForOriginAlone(marks)) return forwarded(request, 'bypass');
    const origin = originOf(side, exchange.request);
    const stored = this.#store.findAt(origin, targetOf(exchange.request), headers);
    if (stored !== null) return this.#answerBy(request, stored);
    const address = addressOf(side, exchange);
    const onDisk = this.#store.findOnDisk(address, headers);
    return onDisk === null
      ? this.#miss(request, address, null)
      : this.#answerFromDisk(request, address, onDisk);
  }

  async #answerFromDisk(
    request: CacheableRequest,
    address: string,
    onDisk: Promise<StoredAnswer | null>,
  ): Promise<Answer> {
    const { headers } = request.exchange.request;
    const found = await onDisk;
    // Somebody else who waited for the same may have been first.
    const stored = this.#store.find(address, headers) ?? found;
    if (stored === null) return this.#miss(request, address, null);
    if (stored === found) this.#store.keep(address, headers, stored);
    return this.#answerBy(request, stored);
  }

  #answerBy(request: CacheableRequest, stored: StoredAnswer): Answer | Promise<Answer> {
    const nowMs = this.#clock.monotonicMs();
    const { mustValidate, neverStale, whileRevalidateMs } = stored.freshness;
    const isAllowed = !mustValidate && !neverStale && stored.part === null;
    const isLate = !isFresh(stored, nowMs);
    const mayBeLate = isAllowed && -remainingMs(stored, nowMs) < whileRevalidateMs;
    if (!isLate || mayBeLate) {
      const answer = use(request.exchange.request, stored, 'hit', nowMs);
      if (answer !== null) {
        if (isLate) this.#refresh(request, stored);
        return answer;
      }
    }
    if (isOnlyIfCached(request.exchange.request.headers)) return gatewayTimeout();
    const address = addressOf(request.side, request.exchange);
    return stored.part === null || isCompletable(request.exchange.request, stored)
      ? this.#fetch(request, address, stored, 0)
      : this.#miss(request, address, stored);
  }

  #miss(
    request: CacheableRequest,
    address: string,
    held: StoredAnswer | null,
  ): Answer | Promise<Answer> {
    const { exchange, policy, feature } = request;
    const { method, headers } = exchange.request;
    if (isOnlyIfCached(headers)) return gatewayTimeout();
    // What a head, or a part, would teach us is not worth the whole.
    if (method !== 'GET') return forwarded(request, whyForwarded(held));
    if (header(headers, 'range') !== undefined) return this.#askPart(request, address, held);
    const isPromised = policy.kind === 'for';
    const isPersonal = header(headers, 'authorization') !== undefined;
    const mayBePersonal = isPersonal || header(headers, 'cookie') !== undefined;
    const isLikely = isPromised
      ? !isPersonal
      : !mayBePersonal && this.#reluctance.isLikely(feature, address);
    return isLikely ? this.#fetch(request, address, null, 0) : this.#ask(request, address);
  }

  /** Alone, by its own conditions; a part of the answer may be kept. */
  async #askPart(
    request: CacheableRequest,
    address: string,
    held: StoredAnswer | null,
  ): Promise<Answer> {
    const { exchange } = request;
    const fetch = this.#fetches.begin(request, address, null, 'part');
    fetch.join(exchange);
    const fetched = await fetch.done;
    const told = this.#toldOf(request, held, true);
    if (fetched.kind !== 'own') return tellFetched(fetched, told) ?? forwarded(request, 'uri-miss');
    const { answer, why } = fetched;
    const instead = errors.has(answer.status) ? useInstead(told, answer, 'error') : null;
    if (instead !== null) {
      discard(fetched);
      return instead;
    }
    const kept = why === null ? '; stored' : '';
    return withStatus(answer, `fwd=${whyForwarded(held)}; fwd-status=${answer.status}${kept}`);
  }

  /** Alone, and as it was asked; but what may be kept is. */
  async #ask(request: CacheableRequest, address: string): Promise<Answer> {
    const { exchange } = request;
    const isConditional =
      header(exchange.request.headers, 'if-none-match') !== undefined ||
      header(exchange.request.headers, 'if-modified-since') !== undefined;
    if (isConditional) return forwarded(request, 'uri-miss');
    const fetch = this.#fetches.begin(request, address, null, 'alone');
    fetch.join(exchange);
    return this.#told(request, address, await fetch.done, null);
  }

  /** Together with all who ask for the same at this moment. */
  async #fetch(
    request: CacheableRequest,
    address: string,
    stale: StoredAnswer | null,
    round: number,
  ): Promise<Answer> {
    const { exchange } = request;
    const running = this.#fetches.runningFor(address, exchange.request.headers);
    const fetch = running ?? this.#fetches.begin(request, address, stale, 'shared');
    fetch.join(exchange);
    const fetched = running === null ? await fetch.done : await this.#within(WAIT_MS, fetch.done);
    if (fetched === null) {
      fetch.leave();
      return forwarded(request, 'uri-miss');
    }
    if (running === null) return this.#told(request, address, fetched, stale);
    const joint = tellFetched(fetched, this.#toldOf(request, stale, false));
    if (joint !== null) return joint;
    fetch.leave();
    // Another variant than the one that came: with those who want the same, or alone.
    if (fetched.kind !== 'own' && round === 0) return this.#fetch(request, address, null, 1);
    return forwarded(request, 'uri-miss');
  }

  /** The answer for whom it was fetched. */
  #told(
    request: CacheableRequest,
    address: string,
    fetched: Fetched,
    stale: StoredAnswer | null,
  ): Answer {
    this.#reluctance.learn(request.feature, address, fetched.kind !== 'own');
    const told = this.#toldOf(request, stale, true);
    if (fetched.kind !== 'own') {
      const joint = tellFetched(fetched, told);
      if (joint !== null) return joint;
      throw new Error('what was fetched is not what was asked for');
    }
    const { answer, why } = fetched;
    const instead = errors.has(answer.status) ? useInstead(told, answer, 'error') : null;
    if (instead !== null) {
      discard(fetched);
      return instead;
    }
    const how = `fwd=${whyForwarded(stale)}; fwd-status=${answer.status}`;
    return withStatus(answer, `${how}; detail=${why}`);
  }

  #toldOf(
    { exchange: { request }, hasLadder }: CacheableRequest,
    stale: StoredAnswer | null,
    isFirst: boolean,
  ): Told {
    return { request, stale, isFirst, hasLadder, nowMs: this.#clock.monotonicMs() };
  }

  /** In the background, once for all. */
  #refresh(request: CacheableRequest, stored: StoredAnswer): void {
    const address = addressOf(request.side, request.exchange);
    if (this.#fetches.runningFor(address, request.exchange.request.headers) !== null) return;
    void this.#fetches
      .begin(request, address, stored, 'background')
      .done.then(discard, () => undefined);
  }

  async #within<Value>(ms: number, promise: Promise<Value>): Promise<Value | null> {
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = this.#wheel.arm(ms, () => resolve(null));
    try {
      return await Promise.race([promise, late]);
    } finally {
      timer.cancel();
    }
  }

  /** To the service; what it makes doubtful is taken out, and what it says of itself is kept. */
  async #writeThrough(request: CacheableRequest): Promise<Answer> {
    const { exchange, side, policy } = request;
    const answer = await request.forward(exchange);
    const nowMs = this.#clock.nowMs();
    for (const address of doubtfulAddresses(side, exchange, answer)) {
      this.purge({ kind: 'address', address }, false, nowMs);
    }
    const isOther = policy.kind === 'none' || isForOriginAlone(exchange.request.marks);
    if (isOther || !isAnswerToGet(side, exchange, answer)) return answer;
    const came = { ...request, forward: () => answer };
    const fetch = this.#fetches.begin(came, addressOf(side, exchange), null, 'part');
    fetch.join(exchange);
    const fetched = await fetch.done;
    return fetched.kind === 'own' ? fetched.answer : answer;
  }
}

function isForOriginAlone(marks: number): boolean {
  return (marks & headerMarks.forOriginAlone) !== 0;
}

/** Nobody reads what was not worth keeping. */
function discard(fetched: Fetched): null {
  if (fetched.kind !== 'own') return null;
  const { body } = fetched.answer;
  if (body !== null && !(body instanceof Uint8Array)) body.destroy();
  return null;
}
