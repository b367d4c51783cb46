import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileAtomically } from '../../lib/atomic-file.ts';
import { withSocketPath } from '../../lib/unix-socket-path.ts';
import type { Clock } from '../../ports/clock/port.ts';
import { handleApiRequest } from './api-handler.ts';
import type { ApiHandlerOptions } from './api-handler.ts';
import { HystrixStream } from './hystrix/hystrix-stream.ts';

export interface ApiOptions extends Omit<ApiHandlerOptions, 'token' | 'hystrix'> {
  readonly clock: Clock;
  readonly listen: { readonly address: string; readonly port: number };
  readonly socketFile: string;
  readonly tokenFile: string;
}

export interface Api {
  readonly port: number;
  close(): Promise<void>;
}

const limits = { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 };
const mostConnections = 256;

/**
 * Serves console and API on the console port, and the API on a Unix socket that only this user can
 * open.
 *
 * The caller holds the controller's lock, so a socket file that is there was left by a dead
 * controller. Rejects with the system's error when the port is taken.
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const token = await readOrMakeToken(options.tokenFile);
  const { control, clock } = options;
  const hystrix = new HystrixStream({ reports: () => control.health(), clock });
  const server = (peerOf: (address: string | undefined) => string | null): Server => {
    const created = createServer({ ...limits, maxHeaderSize: 16_384 }, (request, response) => {
      const peer = peerOf(request.socket.remoteAddress);
      void handleApiRequest({ ...options, token, hystrix }, request, response, peer);
    });
    created.maxConnections = mostConnections;
    return created;
  };
  const overSocket = server(() => null);
  await listenOnSocket(overSocket, options.socketFile);
  // An address that is gone again is not a trusted peer: the empty one is no loopback.
  const overHttp = server((address) => address ?? '');
  overHttp.listen(options.listen.port, options.listen.address);
  await once(overHttp, 'listening');
  return {
    port: (overHttp.address() as AddressInfo).port,
    close: async () => {
      rmSync(options.socketFile, { force: true });
      hystrix.close();
      await Promise.all([overHttp, overSocket].map(closeNow));
    },
  };
}

/** Made on the first start and kept, so that scripts that hold it go on working. */
async function readOrMakeToken(file: string): Promise<string> {
  try {
    chmodSync(file, 0o600);
    const kept = readFileSync(file, 'utf8').trim();
    if (kept.length >= 32) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = randomBytes(32).toString('base64url');
  await writeFileAtomically(file, `${token}\n`, 0o600);
  return token;
}

async function listenOnSocket(server: Server, file: string): Promise<void> {
  rmSync(file, { force: true });
  // The mode is given by the umask at the moment of bind(2): a chmod afterwards would leave a gap.
  const umask = process.umask(0o177);
  try {
    withSocketPath(file, (usable) => server.listen(usable));
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
}

async function closeNow(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
