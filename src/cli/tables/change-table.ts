import type { StateFolder } from '../../contract/state-folder.ts';
import type { ShownEntry, TableChangeResult } from '../../controller/tables/table-changes.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';
import { askController } from '../ask-controller.ts';

/** One change as the API takes it. */
export interface ApiChange {
  readonly put?: string;
  readonly remove?: string;
  readonly value?: string;
  readonly until?: number;
  readonly expect?: number;
}

export interface ChangeTerms {
  readonly why: string | null;
  readonly force: boolean;
}

const CHUNK = 500;
/** A controller that was killed is back within moments. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;
const CHANGE_MS = 30_000;

/** What is in a table under a key now; null for nothing. */
export async function currentEntry(
  folder: StateFolder,
  table: string,
  key: string,
): Promise<ShownEntry | null> {
  const entries = await entriesFor(folder, table, key);
  return entries.find((entry) => entry.key === key) ?? null;
}

/** That entry, or every network that holds an address, the narrowest first. */
export async function entriesFor(
  folder: StateFolder,
  table: string,
  key: string,
): Promise<readonly ShownEntry[]> {
  const path = `/api/tables/${table}?key=${encodeURIComponent(key)}`;
  const answer = await askController(folder, 'GET', path);
  return (answer as { readonly entries: readonly ShownEntry[] }).entries;
}

/** Makes the changes as one: when one is refused, none is made. With `check` it only asks. */
export async function changeTable(
  folder: StateFolder,
  table: string,
  changes: readonly ApiChange[],
  { why, force }: ChangeTerms,
  check = false,
): Promise<readonly TableChangeResult[]> {
  const path = `/api/tables/${encodeURIComponent(table)}`;
  const body = { changes: changes as unknown as JsonValue, why, force, check };
  const answer = await askController(folder, 'POST', path, CHANGE_MS, body);
  return (answer as { readonly results: readonly TableChangeResult[] }).results;
}

/**
 * Makes many changes, some hundreds at a time, and tells how far it is. All are checked before the
 * first is made: what refuses one of them refuses all, and nothing is done. A controller that goes
 * away meanwhile is waited for; who begins again changes nothing that is there already.
 */
export async function changeInChunks(
  folder: StateFolder,
  table: string,
  changes: readonly ApiChange[],
  terms: ChangeTerms,
  told: (done: number) => void,
): Promise<readonly TableChangeResult[]> {
  const chunks = Array.from({ length: Math.ceil(changes.length / CHUNK) }, (_, i) => {
    return changes.slice(i * CHUNK, (i + 1) * CHUNK);
  });
  for (const chunk of chunks) {
    await patiently(() => changeTable(folder, table, chunk, terms, true));
  }
  const results: TableChangeResult[] = [];
  for (const chunk of chunks) {
    results.push(...(await patiently(() => changeTable(folder, table, chunk, terms))));
    told(results.length);
  }
  return results;
}

const passing = new Set(['controller-unreachable', 'starting', 'state-unavailable']);

async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof TurnoutError && passing.has(error.code);
      if (!mayPass || performance.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
