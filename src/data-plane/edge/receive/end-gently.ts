import type { Duplex } from 'node:stream';

/**
 * Ends our half. What the client still sends is read and forgotten for a moment, else a reset could
 * overtake the answer.
 */
export function endGently(socket: Duplex): void {
  if (socket.writableEnded) return;
  socket.end();
  socket.on('error', () => undefined).resume();
  const timer = setTimeout(() => socket.destroy(), 500);
  timer.unref();
  socket.once('end', () => socket.destroy());
}
