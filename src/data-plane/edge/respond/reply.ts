import type { Answer, Exchange } from '../../exchange.ts';
import type { HealthText } from '../../gateway/saying/health-texts.ts';
import type { Admitted } from '../admit/admit.ts';

/** Longest that a client may leave us waiting before it takes more of an answer. */
export const STALLED_CLIENT_MS = 60_000;
/** Larger bodies go out piece by piece, so that progress can be told from a stalled client. */
export const SLICE_BYTES = 128 * 1024;

/** Where the answer to one request goes, whatever protocol it came in. */
export interface Reply {
  /** The request was admitted. */
  begin(admitted: Admitted): Exchange;
  /**
   * Writes the answer: that of the exchange, or the refusal of what never became one; `health` says
   * how the feature stands that was asked, null where none was.
   */
  send(answer: Answer, health: HealthText | null): void;
  /** Ends it in such a way that what was sent never looks whole. */
  cut(): void;
  /** The client has it, or has gone. */
  closed(): void;
}

export function* slices(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES);
}
