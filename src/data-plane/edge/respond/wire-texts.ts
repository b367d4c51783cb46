import type { Answer, WireMemo, WireText } from '../../exchange.ts';

/** A character of them is a byte. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Remembers how answers that are given many times look on the wire, in the memos that come with
 * them, so that their fields are written and their bytes turned into text once. Bounded: where
 * there are too many, all are forgotten, and those still asked for are made anew.
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
    const bytes = made.head.length + made.body.length;
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
