import type { Socket } from 'node:net';

/** Two connections whose bytes go from the one to the other, both ways. */
export interface Pump {
  /** Lets nothing pass and closes nothing, until `release`. */
  hold(): void;
  release(): void;
  /** Resets both, as when a cable is cut and the machine behind it says so. */
  reset(): void;
}

/**
 * Joins two connected sockets that were made with `allowHalfOpen`. What one side sends the other
 * gets, no faster than it takes it: whoever does not read holds up whoever writes, and between them
 * lie the buffers of the two sockets and nothing more. The end of one direction ends that direction
 * only; a reset on one side is a reset on the other.
 */
export function pump(client: Socket, target: Socket): Pump {
  let held = false;
  const directions = [direct(client, target), direct(target, client)];
  for (const direction of directions) direction.resume();

  function direct(from: Socket, to: Socket): { resume(): void } {
    const resume = (): void => {
      if (!held && !to.writableNeedDrain) from.resume();
    };
    from.on('data', (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', resume);
    from.on('end', () => to.end());
    from.on('close', (hadError: boolean) => {
      if (to.destroyed) return;
      // One that went without an end was reset, or destroyed by us in a hurry.
      if (hadError || !from.readableEnded) to.resetAndDestroy();
    });
    return { resume };
  }

  return {
    hold() {
      held = true;
      client.pause();
      target.pause();
    },
    release() {
      held = false;
      for (const direction of directions) direction.resume();
    },
    reset() {
      client.resetAndDestroy();
      target.resetAndDestroy();
    },
  };
}
