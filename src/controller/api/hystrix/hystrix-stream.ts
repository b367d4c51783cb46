import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HealthReport } from '../../../contract/health-report.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import { hystrixCommands } from './hystrix-commands.ts';

/** Where dashboards for Hystrix, and Turbine, look. */
export const HYSTRIX_PATH = '/hystrix.stream';

const EVERY_MS = 500;
const MOST_CLIENTS = 32;
/** A dashboard that takes nothing for so many turns is not there any more. */
const MOST_MISSED = 60;

export interface HystrixStreamParts {
  reports(): Promise<readonly HealthReport[]>;
  readonly clock: Pick<Clock, 'nowMs' | 'every'>;
}

/**
 * Server-sent events in the form of `hystrix.stream`: every half second one for each feature and
 * need, and a ping after them. It is the controller's, for it hears all workers, so that one
 * address shows the whole site and workers have no slow reader to wait for; while the controller is
 * dead there is no stream, and requests do not notice. However many look on, state is read once a
 * turn, and nobody is waited for.
 */
export class HystrixStream {
  readonly #parts: HystrixStreamParts;
  /** Turns that each client missed because it had not taken the one before. */
  readonly #clients = new Map<ServerResponse, number>();
  #timer: Timer | null = null;
  #isTelling = false;

  constructor(parts: HystrixStreamParts) {
    this.#parts = parts;
  }

  /** Throws TurnoutError `too-many-streams`. */
  open(request: IncomingMessage, response: ServerResponse): void {
    if (this.#clients.size >= MOST_CLIENTS) {
      throw new TurnoutError(
        'too-many-streams',
        `There are ${MOST_CLIENTS} readers of the stream already.`,
        'Close a dashboard, or put Turbine in between: it reads once for many.',
      );
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream;charset=UTF-8',
      'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
      'x-content-type-options': 'nosniff',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write('ping: \n\n');
    this.#clients.set(response, 0);
    response.once('close', () => this.#left(response));
    this.#timer ??= this.#parts.clock.every(EVERY_MS, () => void this.#tell());
  }

  close(): void {
    for (const response of this.#clients.keys()) response.destroy();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #left(response: ServerResponse): void {
    this.#clients.delete(response);
    if (this.#clients.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    // Where state does not answer the ping says that the stream lives.
    const reports = await this.#parts.reports().catch(() => []);
    this.#isTelling = false;
    const commands = hystrixCommands(reports, this.#parts.clock.nowMs());
    const data = commands.map((command) => `data: ${JSON.stringify(command)}\n\n`).join('');
    for (const [response, missed] of this.#clients) {
      if (!response.writableNeedDrain) {
        this.#clients.set(response, 0);
        response.write(`${data}ping: \n\n`);
      } else if (missed < MOST_MISSED) this.#clients.set(response, missed + 1);
      else response.destroy();
    }
  }
}
