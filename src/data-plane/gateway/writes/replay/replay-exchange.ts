import type { QueuedWrite } from '../../../../contract/queued-write.ts';
import { parseAddress } from '../../../../lib/address.ts';
import { Readable } from 'node:stream';

import { type Exchange, type ExchangeRequest, HeadMemo } from '../../../exchange.ts';

/** What tells a service that this is not the first try, and which it is. No client can say it. */
const TURNOUT_REPLAY = 'turnout-replay';

/** A kept write as the request it was; nobody waits for its answer. */
export class ReplayExchange implements Exchange {
  readonly id: string;
  readonly request: ExchangeRequest;

  constructor({ head, body }: QueuedWrite, turn: number) {
    const { client } = head;
    this.id = head.requestId;
    this.request = {
      protocol: '1.1',
      method: head.method,
      path: head.path,
      query: head.query,
      host: head.host,
      authority: head.authority,
      headers: [...head.headers, TURNOUT_REPLAY, String(turn)],
      marks: 0,
      memo: new HeadMemo(),
      client: {
        ...client,
        ip: parseAddress(client.address),
        peerIp: null,
        isThroughTrustedHop: false,
      },
      tags: head.tags,
      trace: { traceparent: head.traceparent, tracestate: head.tracestate },
      body:
        body.length === 0
          ? null
          : {
              lengthBytes: body.length,
              stream: Readable.from([]),
              trailers: () => [],
              whole: body,
            },
      expectContinue: false,
      acceptsTrailers: false,
      upgrade: null,
    };
  }

  inform(): void {
    // Nobody waits.
  }

  onAbandoned(): void {
    // Nobody can go away.
  }
}
