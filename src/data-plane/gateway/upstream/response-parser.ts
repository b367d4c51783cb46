import { type ChunkedState, createChunkedState, readChunked } from './chunked-body.ts';
import {
  type Framing,
  type HeadLayout,
  type ResponseHead,
  holdsForbiddenBytes,
  readResponseHead,
} from './response-head.ts';

/** What a parser tells as it reads; chunks are views that are valid only during the call. */
export interface ResponseListener {
  informational(head: ResponseHead): void;
  head(head: ResponseHead): void;
  body(chunk: Buffer): void;
  /** The answer is complete; `trailers` is flat with lower-case names. */
  end(trailers: readonly string[]): void;
  /** The protocol was switched (101); `rest` is the first bytes of the new one. */
  switched(head: ResponseHead, rest: Buffer): void;
}

/** Most bytes of one head, as nginx and Node's parser allow by default within a factor of two. */
export const MAX_HEAD_BYTES = 32 * 1024;
/** Most informational answers ahead of the final one. */
const MAX_INFORMATIONAL = 16;
const noTrailers: readonly string[] = [];

type Phase = 'idle' | 'head' | 'length' | 'chunked' | 'until-close' | 'failed';

/** Reads answers of one connection, one after the other, from whatever pieces arrive. */
export class ResponseParser {
  readonly #listener: ResponseListener;
  #phase: Phase = 'idle';
  #method = 'GET';
  /** Part of a head that came without its end. */
  #partial: Buffer | null = null;
  readonly #layout: HeadLayout = [];
  #informational = 0;
  #remaining = 0;
  #chunked: ChunkedState | null = null;

  constructor(listener: ResponseListener) {
    this.#listener = listener;
  }

  /** Expects the answer to a request with `method`. */
  expect(method: string): void {
    this.#phase = 'head';
    this.#method = method;
    this.#informational = 0;
  }

  /** True while nothing of a final head has been read. */
  get awaitsHead(): boolean {
    return this.#phase === 'head';
  }

  /** Takes the first `length` bytes; returns what was wrong with them, or null. */
  read(bytes: Buffer, length: number): string | null {
    let at = 0;
    while (at < length) {
      const next = this.#step(bytes, at, length);
      if (typeof next === 'string') {
        this.#phase = 'failed';
        return next;
      }
      at = next;
    }
    return null;
  }

  /**
   * Reads from `start` what the phase is about; returns where the rest begins, or what is wrong.
   */
  #step(bytes: Buffer, start: number, end: number): number | string {
    switch (this.#phase) {
      case 'head':
        return this.#readHead(bytes, start, end);
      case 'length':
        return this.#readLength(bytes, start, end);
      case 'chunked':
        return this.#readChunked(bytes.subarray(start, end), start);
      case 'until-close':
        this.#listener.body(bytes.subarray(start, end));
        return end;
      default:
        return 'bytes that nobody asked for';
    }
  }

  /** The other side has closed; returns what is missing, or null when the answer was complete. */
  finish(): string | null {
    if (this.#phase === 'idle' || this.#phase === 'failed') return null;
    if (this.#phase === 'until-close') {
      this.#complete(noTrailers);
      return null;
    }
    this.#phase = 'failed';
    return 'closed before the answer was complete';
  }

  #complete(trailers: readonly string[]): void {
    this.#phase = 'idle';
    this.#chunked = null;
    this.#listener.end(trailers);
  }

  #readHead(bytes: Buffer, start: number, end: number): number | string {
    if (this.#partial !== null) return this.#readPartialHead(this.#partial, bytes, start, end);
    const headEnd = bytes.indexOf('\r\n\r\n', start, 'latin1');
    // The buffer may hold older bytes beyond `end`.
    if (headEnd === -1 || headEnd + 4 > end) {
      return this.#keepPartial(bytes.subarray(start, end), end - start) ?? end;
    }
    return this.#takeHead(bytes, start, headEnd, end);
  }

  /** Rare: a head in several pieces is put together. */
  #readPartialHead(before: Buffer, bytes: Buffer, start: number, end: number): number | string {
    const all = Buffer.concat([before, bytes.subarray(start, end)]);
    const headEnd = all.indexOf('\r\n\r\n', Math.max(0, before.length - 3), 'latin1');
    if (headEnd === -1) return this.#keepPartial(all, end - start) ?? end;
    this.#partial = null;
    const next = this.#takeHead(all, 0, headEnd, all.length);
    return typeof next === 'string' ? next : start + next - before.length;
  }

  #takeHead(bytes: Buffer, start: number, headEnd: number, end: number): number | string {
    if (headEnd - start > MAX_HEAD_BYTES) return 'the head is too large';
    const text = bytes.toString('latin1', start, headEnd);
    const head = readResponseHead(text, this.#method, this.#layout);
    if ('fault' in head) return head.fault;
    const rest = headEnd + 4;
    if (head.status >= 200) {
      this.#listener.head(head);
      this.#begin(head.framing);
      return rest;
    }
    if (head.status === 101) {
      this.#phase = 'idle';
      this.#listener.switched(head, bytes.subarray(rest, end));
      return end;
    }
    if (++this.#informational > MAX_INFORMATIONAL) return 'too many informational answers';
    this.#listener.informational(head);
    return rest;
  }

  /**
   * Keeps what is there of a head, of which the last `added` bytes are new; returns what is wrong
   * with it.
   */
  #keepPartial(all: Buffer, added: number): string | null {
    if (all.length > MAX_HEAD_BYTES) return 'the head is too large';
    // A last CR may still get its LF: it is looked at with the next bytes. Only new bytes are,
    // which keeps this linear.
    const fresh = all.length - added;
    const from = fresh > 0 && all[fresh - 1] === 13 ? fresh - 1 : fresh;
    const looked = all.toString('latin1', from, all.at(-1) === 13 ? all.length - 1 : all.length);
    if (holdsForbiddenBytes(looked)) return 'control bytes or a lone CR or LF in the head';
    // A copy, because the bytes are the caller's.
    this.#partial = Buffer.from(all);
    return null;
  }

  #begin(framing: Framing): void {
    switch (framing.kind) {
      case 'none':
        this.#complete(noTrailers);
        return;
      case 'length':
        this.#remaining = framing.bytes;
        this.#phase = 'length';
        if (framing.bytes === 0) this.#complete(noTrailers);
        return;
      case 'chunked':
        this.#chunked = createChunkedState();
        this.#phase = 'chunked';
        return;
      case 'until-close':
        this.#phase = 'until-close';
    }
  }

  #readLength(bytes: Buffer, start: number, end: number): number {
    const mine = Math.min(end, start + this.#remaining);
    this.#remaining -= mine - start;
    this.#listener.body(bytes.subarray(start, mine));
    if (this.#remaining === 0) this.#complete(noTrailers);
    return mine;
  }

  #readChunked(bytes: Buffer, start: number): number | string {
    const state = this.#chunked;
    if (state === null) return 'bytes that nobody asked for';
    const taken = readChunked(state, bytes, this.#listener);
    if (typeof taken === 'string') return taken;
    if (state.phase === 'done') this.#complete(state.trailers);
    return start + taken;
  }
}
