import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaimedWrite, NewWrite, WriteDrain, Writes } from './port.ts';

/** One store that several processes share; each call of `open` is one of them. */
export interface WritesStore {
  open(): Promise<Writes>;
  remove(): Promise<void>;
}

export const MINUTE_MS = 60_000;
export const CLAIM = { limit: 100, forMs: MINUTE_MS };
let lastFence = 0;

export function nextLease(): { readonly fence: number; readonly holder: string } {
  lastFence += 1;
  return { fence: lastFence, holder: `test-${lastFence}` };
}

export function write(key: string, text: string, changes: Partial<NewWrite> = {}): NewWrite {
  const body = new TextEncoder().encode(text);
  return { feature: 'shop.buy', key, body, forMs: MINUTE_MS, ...changes };
}

export function texts(claimed: readonly ClaimedWrite[]): readonly string[] {
  return claimed.map(({ body }) => new TextDecoder().decode(body));
}

/** Resolves when the condition holds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadlineMs, 'waited 5 s for the condition');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Claims and acknowledges until nothing can be claimed. */
export async function drainAll(drain: WriteDrain): Promise<readonly string[]> {
  const all: string[] = [];
  for (;;) {
    const claimed = await drain.claim(CLAIM);
    if (claimed.length === 0) return all;
    all.push(...texts(claimed));
    for (const one of claimed) assert.equal(await drain.acknowledge(one), 'settled');
  }
}

export interface Opened {
  readonly writes: Writes;
  /** The same store, opened again as another process would. */
  readonly other: Writes;
}

export type TestWithStore = (name: string, run: (opened: Opened) => Promise<void>) => void;

/** Defines tests that each have a store of their own. */
export function withStore(create: () => Promise<WritesStore>): TestWithStore {
  return (name, run) => {
    test(name, async () => {
      const store = await create();
      const opened = { writes: await store.open(), other: await store.open() };
      try {
        await run(opened);
      } finally {
        await opened.writes.close();
        await opened.other.close();
        await store.remove();
      }
    });
  };
}
