import { ownBytes } from '../../../lib/own-bytes.ts';
import type { Readable } from 'node:stream';

import type { Clock } from '../../../ports/clock/port.ts';
import { addressOf, type CacheTarget } from '../../edge/cache/address.ts';
import { AnswerStore } from '../../edge/cache/answer-store.ts';
import type { DiskTier } from '../../edge/cache/disk/disk-tier.ts';
import { joined } from '../../edge/cache/flat-headers.ts';
import { initialAgeMs, type Judgement } from '../../edge/cache/judge-answer.ts';
import { type BodyBudget, SharedBody } from '../../edge/cache/shared-body.ts';
import {
  ageMs,
  remainingMs,
  type StoredAnswer,
  variantOf,
} from '../../edge/cache/stored-answer.ts';
import { contradicts, keptHeaders } from '../../edge/cache/stored-headers.ts';
import { useWhole } from '../../edge/cache/use-stored.ts';
import { type Answer, type Exchange, WireMemo } from '../../exchange.ts';
import { headerMarks } from '../../header-marks.ts';
import type { Side } from '../route/compile-routes.ts';
import { judgeLastGood } from './judge-last-good.ts';

export interface LastGoodOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly limitBytes: number;
  /** Finds them again after a restart of the worker; null for none. */
  readonly disk: DiskTier | null;
}

/** An answer that is asked for all the time is kept anew no more often than this. */
const RENEW_MS = 5_000;
const LONGEST_BODY_BYTES = 1024 * 1024;
const BODY_SHARE = 1 / 8;
/** Of what is kept, again, for bodies that are under way. */
const BUDGET_SHARE = 1 / 4;
/** What is kept is the whole, for anybody. */
const ofNobodyElse = headerMarks.range | headerMarks.forOriginAlone;

/**
 * The last good answers of features whose ladder has `stale`, in a bounded store of their own: the
 * cache may let go of what a ladder still needs. In this worker's memory, and on its disk.
 */
export class LastGoodAnswers {
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly #store: AnswerStore;
  readonly #disk: DiskTier | null;
  readonly #bodyBytes: number;
  readonly #budget: BodyBudget;

  constructor({ clock, limitBytes, disk }: LastGoodOptions) {
    this.#clock = clock;
    this.#store = new AnswerStore(limitBytes, disk);
    this.#disk = disk;
    this.#bodyBytes = Math.min(LONGEST_BODY_BYTES, limitBytes * BODY_SHARE);
    this.#budget = { limitBytes: limitBytes * BUDGET_SHARE, usedBytes: 0 };
  }

  usage(): { readonly answers: number; readonly bytes: number } {
    return { answers: this.#store.size, bytes: this.#store.bytes };
  }

  /** Whoever takes an answer out of the caches wants it out of here too; softly said, it stays. */
  purge(target: CacheTarget, isSoft: boolean, saidEpochMs: number): void {
    if (!isSoft) this.#store.purge(target, false, saidEpochMs);
  }

  purgesForgotten(untilEpochMs: number): void {
    this.#disk?.purgesForgotten(untilEpochMs);
  }

  /**
   * Keeps a good answer where it may be kept, and returns the one to send on: its body may be read
   * by two from here on.
   */
  keep(side: Side, exchange: Exchange, answer: Answer, staleMs: number, askedMs: number): Answer {
    const { method, headers, marks, body } = exchange.request;
    if (method !== 'GET' || body !== null || (marks & ofNobodyElse) !== 0) return answer;
    const address = addressOf(side, exchange);
    const atMs = this.#clock.monotonicMs();
    const held = this.#store.find(address, headers);
    if (answer.status === 304) {
      this.#confirm(address, held, answer, atMs);
      return answer;
    }
    if (held !== null && atMs - held.receivedMs < RENEW_MS) return answer;
    const nowMs = this.#clock.nowMs();
    const judgement = judgeLastGood({ method, headers }, answer, nowMs);
    if (judgement === null) return answer;
    if (Number(joined(answer.headers, 'content-length') ?? 0) > this.#bodyBytes) return answer;
    const keepWhole = (whole: Buffer): void => {
      const came = { nowMs, atMs, tookMs: atMs - askedMs };
      this.#store.put(address, headers, stored(headers, answer, whole, judgement, staleMs, came));
    };
    if (answer.body === null || answer.body instanceof Uint8Array) {
      keepWhole(ownBytes(answer.body === null ? [] : [answer.body]));
      return answer;
    }
    const shared = new SharedBody(
      answer.body as Readable,
      this.#bodyBytes,
      this.#budget,
      keepWhole,
    );
    return { ...answer, body: shared.read() };
  }

  /** Whether there is one for this request that is not too old, as far as can be said at once. */
  has(side: Side, exchange: Exchange, staleMs: number): boolean {
    const address = addressOf(side, exchange);
    const { headers } = exchange.request;
    const found = this.#store.find(address, headers);
    if (found === null) return this.#store.findOnDisk(address, headers) !== null;
    return ageMs(found, this.#clock.monotonicMs()) <= staleMs;
  }

  /** The last good answer to this request, of at most that age; null where there is none. */
  find(side: Side, exchange: Exchange, staleMs: number): Answer | null | Promise<Answer | null> {
    const address = addressOf(side, exchange);
    const { headers } = exchange.request;
    const found = this.#store.find(address, headers);
    if (found !== null) return this.#use(exchange, found, staleMs);
    const onDisk = this.#store.findOnDisk(address, headers);
    if (onDisk === null) return null;
    return onDisk.then((loaded) => {
      if (loaded === null) return null;
      if (this.#store.find(address, headers) === null) this.#store.keep(address, headers, loaded);
      return this.#use(exchange, loaded, staleMs);
    });
  }

  #use(exchange: Exchange, found: StoredAnswer, staleMs: number): Answer | null {
    const nowMs = this.#clock.monotonicMs();
    const oldMs = ageMs(found, nowMs);
    if (oldMs > staleMs) return null;
    const ttl = Math.floor(remainingMs(found, nowMs) / 1_000);
    return {
      ...useWhole(exchange.request, found),
      rung: { name: 'stale', ageMs: oldMs },
      more: [
        'age',
        String(Math.max(0, Math.floor(oldMs / 1_000))),
        'cache-status',
        `turnout; hit; ttl=${ttl}; detail=last-good`,
      ],
    };
  }

  /** The service says that what is held is what it would answer now (RFC 9111 4.3.4). */
  #confirm(address: string, held: StoredAnswer | null, answer: Answer, atMs: number): void {
    if (held === null || atMs - held.receivedMs < RENEW_MS) return;
    const told = joined(answer.headers, 'etag');
    if (told === undefined || contradicts(answer, held)) return;
    if (told.replace(/^W\//, '') !== joined(held.headers, 'etag')?.replace(/^W\//, '')) return;
    held.receivedMs = atMs;
    held.initialAgeMs = 0;
    this.#store.file(address, held);
  }
}

function stored(
  requestHeaders: readonly string[],
  { status, headers }: Answer,
  body: Buffer,
  judgement: Judgement,
  staleMs: number,
  came: { readonly nowMs: number; readonly atMs: number; readonly tookMs: number },
): StoredAnswer {
  return {
    status,
    headers: keptHeaders(headers, judgement, came.nowMs),
    body,
    memo: new WireMemo(),
    part: null,
    variant: variantOf(requestHeaders, headers),
    // What makes it worth its place on disk.
    freshness: { ...judgement.freshness, ifErrorMs: staleMs },
    receivedMs: came.atMs,
    initialAgeMs: initialAgeMs(headers, came.nowMs, came.tookMs),
    isExpired: false,
  };
}
