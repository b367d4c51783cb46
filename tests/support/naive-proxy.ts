import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy under test: ours or one of the naive ones. */
export interface ProxyUnderTest extends AsyncDisposable {
  readonly port: number;
}

/**
 * The proxy that everybody writes first: obvious, short, and wrong in the ways that the conformance
 * cases show. Kept so that each case can prove that it catches something.
 */
export async function startNaiveProxy(originPort: number): Promise<ProxyUnderTest> {
  const server = createServer((req, res) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: originPort,
        method: req.method,
        path: req.url,
        headers: req.headers,
      },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
        answer.on('error', () => res.end());
      },
    );
    outgoing.on('error', () => res.end());
    req.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
