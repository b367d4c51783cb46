import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How long an idle connection stays open for a request that was already on its way. */
const LATE_REQUEST_MS = 150;
const LOOK_AGAIN_MS = 50;

/**
 * Ends a server without failing a request: it stops accepting, lets requests finish and idle
 * connections be used once more, and after `drainMs` breaks off what is left. Resolves with whether
 * all of it had ended by itself.
 */
export async function drain(server: Server, drainMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + drainMs;
  const end = { seen: false };
  const ended = new Promise<void>((resolve) => {
    // `http.Server.close` would also end idle connections at once, with the requests on their way.
    NetServer.prototype.close.call(server, () => {
      end.seen = true;
      resolve();
    });
  });
  await Promise.race([ended, delay(Math.min(LATE_REQUEST_MS, drainMs))]);
  while (!end.seen && performance.now() < deadlineMs) {
    server.closeIdleConnections();
    await Promise.race([ended, delay(LOOK_AGAIN_MS)]);
  }
  const byItself = end.seen;
  server.closeAllConnections();
  // Its timers for slow requests end with it; it is not listening any more, and says so.
  server.close(() => undefined);
  await ended;
  return byItself;
}
