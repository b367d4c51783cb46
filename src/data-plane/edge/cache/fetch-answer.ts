import { ownBytes } from '../../../lib/own-bytes.ts';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../ports/clock/port.ts';
import { type Answer, type Exchange, WireMemo } from '../../exchange.ts';
import type { AnswerStore } from './answer-store.ts';
import { DetachedExchange } from './detached-exchange.ts';
import { completionOf } from './complete-part.ts';
import { joined, without } from './flat-headers.ts';
import { grownPart } from './grow-part.ts';
import { type HeldPart, readContentRange } from './held-part.ts';
import { initialAgeMs, judgeAnswer, type CachePolicy, type Judgement } from './judge-answer.ts';
import { type BodyBudget, SharedBody } from './shared-body.ts';
import { type StoredAnswer, variantOf, type Variant } from './stored-answer.ts';
import { contradicts, keptHeaders, updatedHeaders, validatorsOf } from './stored-headers.ts';

/** What a fetch for several clients came to. */
export type Fetched =
  /** It is at hand, for every request of this variant. */
  | {
      readonly kind: 'whole';
      readonly answer: StoredAnswer;
      /** As they came, for the one that asked first; null where the answer was kept already. */
      readonly headers: readonly string[] | null;
    }
  /** It is coming, for every request of this variant. */
  | {
      readonly kind: 'flowing';
      readonly status: number;
      /** As they came, for the one that asked first. */
      readonly headers: readonly string[];
      /** For all others: those that may be kept. */
      readonly keptHeaders: readonly string[];
      readonly variant: Variant;
      readonly body: SharedBody;
    }
  /** It is for the one alone that asked first; `why` it is not kept, null where it is. */
  | { readonly kind: 'own'; readonly answer: Answer; readonly why: string | null }
  /** Nobody could be reached, or it failed and a ladder is to answer: the same for all. */
  | { readonly kind: 'failed'; readonly answer: Answer };

/**
 * Whether others may join it, or nobody waits for it at all; a `part` is what the client asks for,
 * by its own conditions, and is for it alone.
 */
export type FetchKind = 'alone' | 'shared' | 'background' | 'part';

export interface FetchParts {
  readonly store: AnswerStore;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** The longest body that is kept. */
  readonly objectBytes: number;
  readonly budget: BodyBudget;
}

export interface FetchRequest {
  /** Who asks first. */
  readonly first: Exchange;
  readonly kind: FetchKind;
  readonly address: string;
  readonly policy: CachePolicy;
  /** What is there already and is asked about; of a part, what is missing. */
  readonly stale: StoredAnswer | null;
  /** Whether a failure of the service is a ladder's to answer, and not to be kept. */
  readonly hasLadder: boolean;
  forward(exchange: Exchange): Answer | Promise<Answer>;
}

/** Conditions and ranges are the client's own; what is kept is the whole. */
const ofClient = new Set(['range', 'if-range', 'if-none-match', 'if-modified-since']);
/** What only who asks for a range is told. */
const ofRanges = new Set([206, 416]);

/**
 * One request to the service for all who want the same: asks whether what is kept still holds, or
 * for the whole, and keeps what may be kept.
 */
export class AnswerFetch {
  readonly done: Promise<Fetched>;
  readonly requestHeaders: readonly string[];
  readonly #parts: FetchParts;
  readonly #request: FetchRequest;
  #exchange: DetachedExchange | null = null;
  #flowing: SharedBody | null = null;
  #clients = 0;
  #isOutdated = false;
  #isAbandoned = false;

  constructor(parts: FetchParts, request: FetchRequest) {
    this.#parts = parts;
    this.#request = request;
    this.requestHeaders = request.first.request.headers;
    this.done = this.#run(request.stale);
  }

  /** Whether its answer may be the answer to another request too. */
  get isShared(): boolean {
    const { kind } = this.#request;
    if (kind === 'alone' || kind === 'part' || this.#isAbandoned) return false;
    return this.#flowing?.isWhole ?? true;
  }

  /** Resolves once nothing more comes of it. */
  async over(): Promise<void> {
    await this.done;
    await this.#flowing?.over;
  }

  /** What it brings is not kept: the address was written to, or purged, since it was asked. */
  outdate(): void {
    this.#isOutdated = true;
  }

  join(exchange: Exchange): void {
    this.#clients++;
    exchange.onAbandoned(() => this.leave());
  }

  leave(): void {
    this.#clients--;
    if (this.#clients > 0 || this.#request.kind === 'background') return;
    this.#isAbandoned = true;
    this.#exchange?.abandon();
    this.#flowing?.abandon();
  }

  async #run(stale: StoredAnswer | null): Promise<Fetched> {
    const { clock } = this.#parts;
    const { first, kind } = this.#request;
    const completion = stale === null ? null : completionOf(stale);
    const validators = stale === null || stale.part !== null ? [] : validatorsOf(stale);
    const own = completion?.headers ?? validators;
    const clients =
      kind === 'part' ? [...this.requestHeaders] : without(this.requestHeaders, ofClient);
    const exchange = new DetachedExchange(
      first,
      [...clients, ...own],
      kind === 'background' ? null : first,
    );
    this.#exchange = exchange;
    const askedMs = clock.monotonicMs();
    const answer = await this.#request.forward(exchange);
    const came = { nowMs: clock.nowMs(), atMs: clock.monotonicMs(), askedMs };
    const isForLadder = this.#request.hasLadder && answer.failure !== undefined;
    if (answer.problem !== undefined || isForLadder) return { kind: 'failed', answer };
    if (answer.status === 304 && stale !== null && validators.length > 0) {
      destroyBody(answer);
      if (contradicts(answer, stale)) return this.#run(null);
      return this.#freshen(stale, answer, came);
    }
    if (stale !== null && completion !== null && ofRanges.has(answer.status)) {
      const whole = completion.complete(answer, came.nowMs);
      if (whole !== null) return this.#keep(whole, came);
      // The rest of something else: what is held is of no use any more.
      destroyBody(answer);
      this.#parts.store.drop(this.#request.address, stale);
      return this.#run(null);
    }
    return this.#keep(answer, came);
  }

  /** RFC 9111 4.3.4. */
  #freshen(stale: StoredAnswer, answer: Answer, came: Arrival): Fetched {
    const { store } = this.#parts;
    const { address, policy, first } = this.#request;
    const headers = updatedHeaders(stale.headers, answer.headers, came.nowMs);
    const { status } = stale;
    const judgement = judgeAnswer(asked(first), { status, headers }, policy, came.nowMs);
    stale.headers = keptHeaders(headers, judgement, came.nowMs);
    stale.freshness = judgement.freshness;
    stale.initialAgeMs = initialAgeMs(headers, came.nowMs, came.atMs - came.askedMs);
    stale.receivedMs = came.atMs;
    stale.isExpired = this.#isOutdated;
    if (judgement.refused === null) store.file(address, stale);
    else store.drop(address, stale);
    return { kind: 'whole', answer: stale, headers: null };
  }

  #keep(answer: Answer, came: Arrival): Fetched {
    const { objectBytes, budget } = this.#parts;
    const { policy, first, kind } = this.#request;
    const isPart = kind === 'part' && answer.status === 206;
    const part = isPart ? readContentRange(answer.headers) : null;
    if (isPart && part === null) return { kind: 'own', answer, why: 'status' };
    const judged = { status: isPart ? 200 : answer.status, headers: answer.headers };
    const judgement = judgeAnswer(asked(first), judged, policy, came.nowMs);
    if (judgement.refused !== null) return { kind: 'own', answer, why: judgement.refused };
    if (Number(joined(answer.headers, 'content-length') ?? 0) > objectBytes) {
      return { kind: 'own', answer, why: 'too-large' };
    }
    const variant = variantOf(this.requestHeaders, answer.headers);
    const store = (body: Buffer): StoredAnswer =>
      this.#store(answer, judgement, variant, body, came, part);
    const { status, headers, body } = answer;
    if (body === null || body instanceof Uint8Array) {
      const stored = store(ownBytes(body === null ? [] : [body]));
      if (kind === 'part') return { kind: 'own', answer, why: null };
      return { kind: 'whole', answer: stored, headers };
    }
    const shared = new SharedBody(body as Readable, objectBytes, budget, (whole) => {
      store(whole);
    });
    this.#flowing = shared;
    if (kind === 'part')
      return { kind: 'own', answer: { ...answer, body: shared.read() }, why: null };
    const length = joined(headers, 'content-length');
    const kept = [
      ...(length === undefined ? [] : ['content-length', length]),
      ...keptHeaders(headers, judgement, came.nowMs),
    ];
    return { kind: 'flowing', status, headers, keptHeaders: kept, variant, body: shared };
  }

  #store(
    { status, headers }: Answer,
    judgement: Judgement,
    variant: Variant,
    body: Buffer,
    came: Arrival,
    part: HeldPart | null,
  ): StoredAnswer {
    const { store } = this.#parts;
    const stored: StoredAnswer = {
      status,
      headers: keptHeaders(headers, judgement, came.nowMs, part !== null),
      body,
      memo: new WireMemo(),
      part,
      variant,
      freshness: judgement.freshness,
      receivedMs: came.atMs,
      initialAgeMs: initialAgeMs(headers, came.nowMs, came.atMs - came.askedMs),
      isExpired: false,
    };
    if (this.#isOutdated) return stored;
    if (part === null) store.put(this.#request.address, this.requestHeaders, stored);
    else this.#storePart(stored, came.nowMs);
    return stored;
  }

  #storePart(came: StoredAnswer, nowMs: number): void {
    const { store, objectBytes } = this.#parts;
    const { address, policy, first } = this.#request;
    const held = store.find(address, this.requestHeaders);
    const grown = grownPart(came, held, objectBytes, (headers) =>
      judgeAnswer(asked(first), { status: 200, headers }, policy, nowMs),
    );
    if (grown !== null) {
      store.putPart(address, this.requestHeaders, grown.answer, grown.isGrown);
    }
  }
}

/** When an answer's head came, by both clocks, and when it was asked for. */
interface Arrival {
  readonly nowMs: number;
  readonly atMs: number;
  readonly askedMs: number;
}

/** As it was asked, whatever method began it: what is fetched to be kept is fetched by GET. */
function asked(first: Exchange) {
  return { method: 'GET', headers: first.request.headers };
}

function destroyBody({ body }: Answer): void {
  if (body !== null && !(body instanceof Uint8Array)) body.destroy();
}
