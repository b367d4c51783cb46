import type { Readable } from 'node:stream';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { AnswerStore } from './answer-store.ts';
import { DetachedExchange } from './detached-exchange.ts';
import { joined, without } from './flat-headers.ts';
import { initialAgeMs, judgeAnswer, type CachePolicy, type Judgement } from './judge-answer.ts';
import { type BodyBudget, SharedBody } from './shared-body.ts';
import { type StoredAnswer, variantOf, type Variant } from './stored-answer.ts';

/** What a fetch for several clients came to. */
export type Fetched =
  /** It is at hand, for every request of this variant. */
  | { readonly kind: 'whole'; readonly answer: StoredAnswer; readonly how: 'stored' | 'validated' }
  /** It is coming, for every request of this variant. */
  | {
      readonly kind: 'flowing';
      readonly status: number;
      readonly headers: readonly string[];
      readonly variant: Variant;
      readonly body: SharedBody;
    }
  /** It is for the one alone that asked first. */
  | { readonly kind: 'own'; readonly answer: Answer; readonly why: string }
  /** Nobody could be reached: the same for all. */
  | { readonly kind: 'failed'; readonly answer: Answer };

/** Whether others may join it, or nobody waits for it at all. */
export type FetchKind = 'alone' | 'shared' | 'background';

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
  /** What is there already and is asked about. */
  readonly stale: StoredAnswer | null;
  forward(exchange: Exchange): Answer | Promise<Answer>;
}

/** A 304 says nothing new of these: they belong to the body that is kept (RFC 9111 3.2). */
const ofBody = new Set(['content-length', 'content-encoding', 'content-type', 'content-range']);
/** Conditions and ranges are the client's own; what is kept is the whole. */
const ofClient = new Set(['range', 'if-range', 'if-none-match', 'if-modified-since']);

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
    if (this.#request.kind === 'alone' || this.#isAbandoned) return false;
    return this.#flowing?.isWhole ?? true;
  }

  /** Resolves once nothing more comes of it. */
  async over(): Promise<void> {
    const fetched = await this.done;
    if (fetched.kind === 'flowing') await fetched.body.over;
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
    const validators = stale === null ? [] : validatorsOf(stale);
    const headers = [...without(this.requestHeaders, ofClient), ...validators];
    const exchange = new DetachedExchange(first, headers, kind === 'background' ? null : first);
    this.#exchange = exchange;
    const askedMs = clock.monotonicMs();
    const answer = await this.#request.forward(exchange);
    const came = { nowMs: clock.nowMs(), atMs: clock.monotonicMs(), askedMs };
    if (answer.problem !== undefined) return { kind: 'failed', answer };
    if (answer.status === 304 && stale !== null && validators.length > 0) {
      destroyBody(answer);
      if (contradicts(answer, stale)) return this.#run(null);
      return this.#freshen(stale, answer, came);
    }
    return this.#keep(answer, came);
  }

  /** RFC 9111 4.3.4. */
  #freshen(stale: StoredAnswer, answer: Answer, came: Arrival): Fetched {
    const { store } = this.#parts;
    const { address, policy, first } = this.#request;
    const told = new Set(
      answer.headers.filter((name, index) => index % 2 === 0 && !ofBody.has(name)),
    );
    const date = told.has('date') ? [] : ['date', new Date(came.nowMs).toUTCString()];
    const kept = without(stale.headers, told.add('date'));
    const headers = [...kept, ...without(answer.headers, ofBody), ...date];
    const { status } = stale;
    const judgement = judgeAnswer(asked(first), { status, headers }, policy, came.nowMs);
    stale.headers = keptHeaders(headers, judgement, came.nowMs);
    stale.freshness = judgement.freshness;
    stale.initialAgeMs = initialAgeMs(headers, came.nowMs, came.atMs - came.askedMs);
    stale.receivedMs = came.atMs;
    stale.isExpired = this.#isOutdated;
    if (judgement.refused === null) store.file(address, stale);
    else store.drop(address, stale);
    return { kind: 'whole', answer: stale, how: 'validated' };
  }

  #keep(answer: Answer, came: Arrival): Fetched {
    const { objectBytes, budget } = this.#parts;
    const { policy, first } = this.#request;
    const judgement = judgeAnswer(asked(first), answer, policy, came.nowMs);
    if (judgement.refused !== null) return { kind: 'own', answer, why: judgement.refused };
    if (Number(joined(answer.headers, 'content-length') ?? 0) > objectBytes) {
      return { kind: 'own', answer, why: 'too-large' };
    }
    const variant = variantOf(this.requestHeaders, answer.headers);
    const store = (body: Buffer): StoredAnswer =>
      this.#store(answer, judgement, variant, body, came);
    const { status, headers, body } = answer;
    if (body === null) return { kind: 'whole', answer: store(Buffer.alloc(0)), how: 'stored' };
    if (body instanceof Uint8Array) {
      return { kind: 'whole', answer: store(asBuffer(body)), how: 'stored' };
    }
    const shared = new SharedBody(body as Readable, objectBytes, budget, (whole) => {
      store(whole);
    });
    this.#flowing = shared;
    return { kind: 'flowing', status, headers, variant, body: shared };
  }

  #store(
    { status, headers }: Answer,
    judgement: Judgement,
    variant: Variant,
    body: Buffer,
    came: Arrival,
  ): StoredAnswer {
    const stored: StoredAnswer = {
      status,
      headers: keptHeaders(headers, judgement, came.nowMs),
      body,
      memo: { text: null },
      variant,
      freshness: judgement.freshness,
      receivedMs: came.atMs,
      initialAgeMs: initialAgeMs(headers, came.nowMs, came.atMs - came.askedMs),
      isExpired: false,
    };
    if (!this.#isOutdated)
      this.#parts.store.put(this.#request.address, this.requestHeaders, stored);
    return stored;
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

function validatorsOf({ headers }: StoredAnswer): readonly string[] {
  const etag = joined(headers, 'etag');
  const changed = joined(headers, 'last-modified');
  return [
    ...(etag === undefined ? [] : ['if-none-match', etag]),
    ...(changed === undefined ? [] : ['if-modified-since', changed]),
  ];
}

/** A 304 about another version than ours says nothing about ours. */
function contradicts(answer: Answer, stale: StoredAnswer): boolean {
  const told = joined(answer.headers, 'etag');
  return told !== undefined && !told.startsWith('W/') && told !== joined(stale.headers, 'etag');
}

function keptHeaders(
  headers: readonly string[],
  { unkept }: Judgement,
  nowMs: number,
): readonly string[] {
  const kept = without(headers, new Set(['age', 'content-length', ...unkept]));
  if (joined(kept, 'date') === undefined) kept.push('date', new Date(nowMs).toUTCString());
  return kept;
}

function destroyBody({ body }: Answer): void {
  if (body !== null && !(body instanceof Uint8Array)) body.destroy();
}

/** A copy: the bytes may be a view of a much larger buffer. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}
