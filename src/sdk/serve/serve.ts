import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drop } from '../drop.ts';
import { log } from '../log.ts';
import { instanceSettings } from '../settings.ts';
import { answerRequests, type Application } from './answer-request.ts';
import { drain } from './drain.ts';

export type ServeOptions = Application & {
  /** Called after the last request and before the process ends. */
  readonly close?: () => Promise<void>;
  /** The longest body that a route or `fetch` may read; 1 MiB unless told. */
  readonly bodyBytes?: number;
  /** A request that takes longer is logged; one second unless told. */
  readonly slowMs?: number;
};

export interface Served {
  /** `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Drains as SIGTERM does, without ending the process. */
  stop(): Promise<void>;
}

/** Longer than the gateway keeps an idle connection: one must not use what the other ends. */
const KEEP_ALIVE_MS = 75_000;
/** What is left of the drain time for `close` and for letting go of connections. */
const CLOSING_SHARE = 0.1;

/**
 * Keeps the contract of an instance: listens where the environment says, answers health, carries
 * the request id, tells `Service-Health`, and on SIGTERM or SIGINT finishes what is under way and
 * ends the process. Resolves once it listens; rejects where it cannot.
 *
 * A handler that throws RequestProblem answers with its status, NeedLostError with 503 (504 where
 * the outcome is unknown), anything else with 500 and a line in the log.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { host, port, health, drainMs } = instanceSettings();
  let draining = false;
  const { bodyBytes = 1_048_576, slowMs = 1_000 } = options;
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    answerRequests(options, { health, bodyBytes, slowMs, draining: () => draining }),
  );
  await listen(server, port, host);
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    draining = true;
    stopping ??= close(server, drainMs, options.close);
    return stopping;
  };
  const stopOnSignal = (signal: string): void => {
    if (draining) return;
    log.info('draining', { signal });
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('not closed in good order', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stopOnSignal).on('SIGINT', stopOnSignal);
  process.once('uncaughtExceptionMonitor', (error) => log.error('the process falls', { error }));
  const url = urlOf(server);
  log.info('listening', { url });
  return {
    url,
    stop: async () => {
      process.off('SIGTERM', stopOnSignal).off('SIGINT', stopOnSignal);
      await stop();
    },
  };
}

async function close(
  server: Server,
  drainMs: number,
  closeService: (() => Promise<void>) | undefined,
): Promise<void> {
  const byItself = await drain(server, drainMs * (1 - CLOSING_SHARE));
  if (!byItself) log.warn('requests were broken off at the end of the drain time', { drainMs });
  await closeService?.();
  await drop();
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
