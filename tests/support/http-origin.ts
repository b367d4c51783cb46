import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A service for tests; by default it answers with its port, the method, the target and the body.
 */
export interface Origin extends AsyncDisposable {
  readonly port: number;
  requests: number;
}

export async function startOrigin(listener?: RequestListener, port = 0): Promise<Origin> {
  const server = createServer(async (req, res) => {
    origin.requests++;
    if (listener !== undefined) {
      listener(req, res);
      return;
    }
    let body = '';
    for await (const chunk of req) body += String(chunk);
    res.end(`${origin.port} ${req.method} ${req.url} ${body}`);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const origin: Origin = {
    port: (server.address() as AddressInfo).port,
    requests: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
  return origin;
}

/** A port where nobody listens. */
export async function deadPort(): Promise<number> {
  const origin = await startOrigin();
  await origin[Symbol.asyncDispose]();
  return origin.port;
}
