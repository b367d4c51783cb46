import { Pool } from 'undici';
import type { Timeout, TimerWheel } from '../../src/lib/timer-wheel.ts';
import type {
  Outcome,
  UpstreamRequest,
} from '../../src/data-plane/gateway/upstream/upstream-exchange.ts';

/**
 * What the gateway would be like on undici: the part of an endpoint and its connections that an
 * attempt uses.
 */
export class UndiciEndpoint {
  readonly id = 'undici';
  readonly origin = { address: '127.0.0.1', port: 0, tls: null, hostHeader: null };
  inFlight = 0;
  latencyMs = 0;
  readonly suspended = false;
  readonly connections = 0;
  readonly #pool: Pool;
  readonly #wheel: TimerWheel;

  constructor(url: string, connections: number, wheel: TimerWheel) {
    this.#pool = new Pool(url, { connections, pipelining: 1 });
    this.#wheel = wheel;
  }

  take(): {
    reused: boolean;
    exchange(request: UpstreamRequest): void;
    abandon(): void;
  } {
    return {
      reused: false,
      abandon: () => undefined,
      exchange: (request) => this.#dispatch(request, (outcome) => request.settled(outcome)),
    };
  }

  learn(): void {
    // Nothing: the comparison has one endpoint that does not fail.
  }

  sweep(): void {
    // undici closes idle connections by itself.
  }

  retire(): void {
    void this.#pool.close();
  }

  /**
   * undici's fastest interface, with the deadline on our wheel, and only as much as a short GET
   * needs.
   */
  #dispatch(request: UpstreamRequest, resolve: (outcome: Outcome) => void): void {
    const [line = '', ...lines] = request.head.trimEnd().split('\r\n');
    const [method = 'GET', path = '/'] = line.split(' ');
    const headers = lines.flatMap((text) => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon), text.slice(colon + 2)];
    });
    const timeout: Timeout = this.#wheel.arm(request.deadlineMs, () => undefined);
    const answered = { status: 0, headers: [] as string[], chunks: [] as Buffer[] };
    this.#pool.dispatch(
      { method: method as 'GET', path, headers },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status, fields) => {
          answered.status = status;
          for (const [name, value] of Object.entries(fields)) {
            if (name !== 'connection' && name !== 'keep-alive') {
              answered.headers.push(name, String(value));
            }
          }
        },
        onResponseData: (_controller, chunk) => void answered.chunks.push(chunk),
        onResponseEnd: () => {
          timeout.cancel();
          const body = Buffer.concat(answered.chunks);
          resolve({
            kind: 'answer',
            answer: { status: answered.status, headers: answered.headers, body },
          });
        },
        onResponseError: (_controller, error) => {
          timeout.cancel();
          resolve({ kind: 'failed', failure: 'lost', sent: true, why: error.message });
        },
      },
    );
  }
}
