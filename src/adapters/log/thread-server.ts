import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { TurnoutError } from '../../lib/errors.ts';

export interface ThreadCall<Request> {
  readonly id: number;
  readonly request: Request;
}

export type ThreadReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };

/** A TurnoutError as it crosses between threads. */
export interface ThreadFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Calls answered together: as many buffers as one writev takes. */
const BATCH_LIMIT = 1_000;

/**
 * Answers calls in batches: all that arrived while the last batch blocked make the next one, so
 * that one sync serves all.
 */
export function serveCalls<Request>(
  handle: (calls: readonly ThreadCall<Request>[]) => readonly ThreadReply[],
): void {
  const port = parentPort;
  if (port === null) throw new Error('This file is the body of a thread.');
  port.on('message', (first: ThreadCall<Request>) => {
    const calls = [first];
    while (calls.length < BATCH_LIMIT) {
      const next = receiveMessageOnPort(port) as { message: ThreadCall<Request> } | undefined;
      if (next === undefined) break;
      calls.push(next.message);
    }
    port.postMessage(handle(calls), []);
  });
}

/**
 * The reply for an expected failure; anything else is a defect and ends the thread with its stack.
 */
export function replyFailure(id: number, error: unknown): ThreadReply {
  if (!(error instanceof TurnoutError)) throw error;
  const { code, message, remedy } = error;
  return { id, failure: { code, message, remedy } };
}
