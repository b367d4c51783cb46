import { ownBytes } from '../../../lib/own-bytes.ts';
import type { Answer, WireMemo, WireText } from '../../exchange.ts';
import { dateLine, headOf, moreLines } from './reply-head.ts';

/** A character of them is a byte. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Remembers how answers that are given many times look on the wire, in the memos that come with
 * them, so that their fields are written once. Bounded: where there are too many, all are
 * forgotten, and those still asked for are made anew.
 */
export class WireTexts {
  readonly #limitBytes: number;
  readonly #holders = new Set<WireMemo>();
  #bytes = 0;

  constructor(limitBytes = LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** What `memo` holds where that is this very answer, else what `make` says. */
  of(answer: Answer, memo: WireMemo, make: () => WireText): WireText {
    const { text } = memo;
    if (text !== null && isOf(text, answer)) return text;
    const made = make();
    // Once more for the front that is made of it.
    const bytes = 2 * made.head.length;
    if (this.#bytes + bytes > this.#limitBytes) this.#forgetAll();
    this.#bytes += bytes;
    this.#holders.add(memo);
    memo.text = made;
    return made;
  }

  #forgetAll(): void {
    for (const memo of this.#holders) memo.text = null;
    this.#holders.clear();
    this.#bytes = 0;
  }
}

function isOf({ of }: WireText, { status, reason, headers, body }: Answer): boolean {
  const isSame = of.headers === headers && of.body === body;
  return isSame && of.status === status && of.reason === reason;
}

const texts = new WireTexts();

/** How an answer looks with this body, which is that of the answer, or none. */
function wireText(answer: Answer, body: Uint8Array | null, length: number | null): WireText {
  const make = (): WireText => ({
    of: answer,
    ...headOf(answer, length),
    front: null,
  });
  const { memo } = answer;
  // Without its body it is another text than the next one wants.
  return memo === undefined || body !== answer.body ? make() : texts.of(answer, memo, make);
}

/**
 * The head of an answer with this body, with what is said beside it: `own`, lines or nothing, and
 * the date. All who are answered the same within a second get the same, made once, and in one
 * piece: a text of many pieces is put together anew each time it is written.
 */
export function frontOf(
  answer: Answer,
  body: Uint8Array | null,
  length: number | null,
  own: string,
  nowMs: number,
): string | Uint8Array {
  const { more } = answer;
  const text = wireText(answer, body, length);
  const date = text.hasDate ? '' : dateLine(nowMs);
  const { front } = text;
  const isSame = front !== null && front.more === more && front.own === own && front.date === date;
  if (isSame) return front.text;
  const pieces = `${text.head}${date}${moreLines(more)}${own}`;
  // What is given for the first time may be given no second time.
  const whole = front === null ? pieces : ownBytes([Buffer.from(pieces, 'latin1')]);
  text.front = { more, own, date, text: whole };
  return whole;
}
