import type { Answer, Exchange } from '../../exchange.ts';
import type { UpstreamRequestBody } from './request-body.ts';

/** One request as it goes to a service. */
export interface UpstreamRequest {
  readonly method: string;
  /** The whole head with its empty line, to be written as latin1. */
  readonly head: string;
  readonly body: UpstreamRequestBody | null;
  /**
   * Until the head of the answer; starts anew with each piece of a body that is still being
   * uploaded.
   */
  readonly deadlineMs: number;
  /** It asks for another protocol; only then may the answer be 101. */
  readonly upgrades: boolean;
  /** Is told of 1xx, except 101. */
  readonly exchange: Pick<Exchange, 'inform'>;
  /**
   * Called once, when the head of the answer is here (and its body, when that came along), or will
   * not come.
   */
  settled(outcome: Outcome): void;
}

export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      /** False when certainly no byte of the request reached the service. */
      readonly sent: boolean;
      readonly why: string;
    };

/** Of the service: refused, lost, malformed, late. Of the client: gone, body-too-large. */
export type Failure = 'refused' | 'lost' | 'malformed' | 'late' | 'gone' | 'body-too-large';

/** Who keeps a connection while it carries nothing. */
export interface ConnectionOwner<Connection> {
  /** The exchange is over and the connection may carry another. */
  reusable(connection: Connection): void;
  closed(connection: Connection): void;
}
