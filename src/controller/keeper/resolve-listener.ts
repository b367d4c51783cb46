import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ListenerSettings } from '../../contract/site-settings.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { findPortOwner } from '../../lib/port-owner.ts';
import type { Randomness } from '../../ports/randomness/port.ts';

export interface WantedListener {
  /** What it is for, in an error: `the site`, `the console`. */
  readonly what: string;
  /** How a person gives another port. */
  readonly remedy: string;
  readonly address: string;
  /** 0 for any. */
  readonly port: number;
  /** What it was the last time; undefined at the first. */
  readonly previous: ListenerSettings | undefined;
  /** Whether a process of ours that is going to be adopted listens there. */
  readonly held: boolean;
}

/**
 * Below the range that the kernel takes for outgoing connections (32768 upwards on Linux), so that
 * none can take the port between its choice here and the moment the workers listen.
 */
const anyPort = { from: 20_000, count: 12_000 };
const attempts = 50;

/**
 * Finds the port to listen on, and that it is free, before anything is started. A port once found
 * for 0 is kept as long as it can be. Rejects with TurnoutError `port-in-use`, naming who has it
 * where that can be seen, or `address-unusable`.
 */
export async function resolveListener(
  wanted: WantedListener,
  randomness: Pick<Randomness, 'integer'>,
): Promise<ListenerSettings> {
  const { address, port: requestedPort, previous, held } = wanted;
  const settings = (port: number): ListenerSettings => ({ address, port, requestedPort });
  const same = previous?.address === address && previous.requestedPort === requestedPort;
  if (same && held) return previous;
  if (requestedPort !== 0) {
    const failure = await tryToListen(address, requestedPort);
    if (failure !== null) throw refusal(wanted, failure);
    return settings(requestedPort);
  }
  if (same && (await tryToListen(address, previous.port)) === null) return previous;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = anyPort.from + randomness.integer(anyPort.count);
    const failure = await tryToListen(address, port);
    if (failure === null) return settings(port);
    if (failure !== 'EADDRINUSE') throw refusal(wanted, failure);
  }
  throw refusal(wanted, 'EADDRINUSE');
}

/** Null when it works, else the system's error code. */
async function tryToListen(address: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ port, host: address, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  server.close();
  await once(server, 'close');
  return null;
}

function refusal({ what, address, port, remedy }: WantedListener, failure: string): TurnoutError {
  const place = `${address}:${port}`;
  if (failure !== 'EADDRINUSE') {
    return new TurnoutError(
      'address-unusable',
      `Cannot listen on ${place} for ${what} (${failure}).`,
      failure === 'EACCES'
        ? `Ports below 1024 need a privilege: ${remedy}.`
        : `Use an address of this machine: ${remedy}.`,
    );
  }
  const owner = findPortOwner(port);
  const by = owner === null ? 'another process' : `process ${owner.pid} (${owner.command})`;
  return new TurnoutError(
    'port-in-use',
    `Port ${place}, wanted for ${what}, is in use by ${by}.`,
    `Stop that process, or use another port: ${remedy}.`,
  );
}
