import { createServer } from 'node:net';
import { TurnoutError } from './errors.ts';

/**
 * Below the range that the kernel gives to outgoing connections, so that none of those takes a port
 * we have just found free.
 */
const firstPort = 20_000;
const ports = 10_000;
const attempts = 100;

/**
 * A TCP port on which nobody listens on loopback, from 20000 to 29999 and not in `taken`. It is
 * free at this moment only: who cannot bind it asks again. `fraction` gives numbers in [0, 1).
 * Rejects with `no-free-port`.
 */
export async function findFreePort(
  fraction: () => number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = firstPort + Math.floor(fraction() * ports);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new TurnoutError(
    'no-free-port',
    `Found no free port between ${firstPort} and ${firstPort + ports - 1} on 127.0.0.1 in ${attempts} attempts.`,
    'See with `ss -ltn` what listens there, and stop what is not needed.',
  );
}

/** Whether one could listen on that port of loopback now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
