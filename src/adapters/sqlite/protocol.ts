import type { Failure } from './failures.ts';
import type { StoreKind } from './store-codes.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly kind: StoreKind;
  readonly file: string;
  /** Which file of that name was open before a restart; null the first time, when any will do. */
  readonly identity: string | null;
  /** How long a call may wait for the file's lock, and opening for everything. */
  readonly timeoutMs: number;
}

export type MessageToThread =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly operation: string;
      readonly argument: unknown;
    }
  /** Whether somebody wants `changed` messages; polling costs nothing while nobody does. */
  | { readonly kind: 'watching'; readonly on: boolean }
  | { readonly kind: 'close' };

export type MessageFromThread =
  | { readonly kind: 'opened'; readonly identity: string }
  | { readonly kind: 'open-failed'; readonly failure: Failure }
  | { readonly kind: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'call-failed'; readonly id: number; readonly failure: Failure }
  /** Somebody, here or in another process, has committed. */
  | { readonly kind: 'changed' };

/**
 * How often a thread asks SQLite whether another process has committed, where the system does not
 * tell it sooner (watch-log.ts): 0.5–1 % of a core.
 */
export const POLL_PERIOD_MS = 20;

/**
 * What a thread can do with its file. Reads run at once, on a connection of their own that no
 * writer blocks; writes queue for the file's lock and are committed together.
 */
export interface Store {
  readonly reads: Readonly<Record<string, Operation>>;
  readonly writes: Readonly<Record<string, Operation>>;
}

/**
 * Arguments and results are checked by type in the adapters; between threads they are plain data.
 */
export type Operation = (argument: never) => unknown;
