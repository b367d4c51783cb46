import { once } from 'node:events';
import { WebSocket } from 'ws';
import { processCost } from '../peers/process-cost.ts';

/** What a worker holds once its garbage is collected, and what the machine gives it. */
export interface LiveMemory {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
}

/** Collects the garbage of a process that runs with `--inspect=PORT`, and says what is left. */
export async function collectAndMeasure(pid: number, inspectPort: number): Promise<LiveMemory> {
  const listing = await fetch(`http://127.0.0.1:${inspectPort}/json/list`);
  const [target] = (await listing.json()) as { webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error('the worker cannot be inspected');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  try {
    // Twice: what finalisers let go in the first is collected in the second.
    await call(socket, 1, 'HeapProfiler.collectGarbage');
    await call(socket, 2, 'HeapProfiler.collectGarbage');
    const usage = await call(socket, 3, 'Runtime.getHeapUsage');
    return {
      heapBytes: usage['usedSize'] ?? 0,
      externalBytes: usage['backingStorageSize'] ?? 0,
      residentBytes: processCost(pid).residentBytes,
    };
  } finally {
    socket.close();
    await once(socket, 'close');
  }
}

async function call(
  socket: WebSocket,
  id: number,
  method: string,
): Promise<Record<string, number>> {
  socket.send(JSON.stringify({ id, method }));
  for (;;) {
    const [data] = (await once(socket, 'message')) as [Buffer];
    const message = JSON.parse(data.toString('utf8')) as {
      id?: number;
      result?: Record<string, number>;
    };
    if (message.id === id) return message.result ?? {};
  }
}
