import type { LiveTableEntry } from '../../contract/tables.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { LiveEntries } from './live-entries.ts';
import {
  journalled,
  type ShownEntry,
  shownLive,
  type TableChange,
  type TableChangeResult,
  type TableChangeset,
} from './table-changes.ts';

/** A change that was checked. */
export interface PlannedChange {
  readonly change: TableChange;
  readonly key: string;
  /** What is in force before it. */
  readonly before: ShownEntry | null;
  /** Whether edge.yaml or a file has it, so that taking it out must be said. */
  readonly isFirst: boolean;
}

export interface ApplyParts {
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly live: LiveEntries;
}

/** Below the journal's limit of an entry, with room for what stands around them. */
const JOURNAL_BYTES = 200 * 1024;

/**
 * Journals the changes, then writes them. In that order, so that whatever is in force has an
 * author: a kill in between leaves an entry in the journal about what did not come, never the
 * reverse.
 */
export async function applyChanges(
  parts: ApplyParts,
  { table, who, why }: TableChangeset,
  planned: readonly PlannedChange[],
): Promise<readonly TableChangeResult[]> {
  const atMs = parts.clock.nowMs();
  const wanted = planned.map(({ change, key, before, isFirst }) => {
    const { value, expiresMs } = change;
    const isRemoved = change.kind === 'remove';
    const entry: LiveTableEntry = {
      table,
      key,
      value: isRemoved ? null : value,
      isRemoved,
      author: who,
      why,
      atMs,
      expiresMs: isRemoved ? null : expiresMs,
    };
    return { key, before, isFirst, entry, isSame: isSame(entry, before) };
  });
  const changes = wanted.filter(({ isSame }) => !isSame);
  await journal(parts, { table, who, why }, changes);
  const after = new Map<string, ShownEntry | null>();
  const writes = await Promise.allSettled(
    changes.map(async ({ key, entry, isFirst }) => {
      after.set(key, await write(parts.live, entry, isFirst));
    }),
  );
  const failed = writes.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw sayHowMany(failed.reason, after.size, changes.length);
  return wanted.map(({ key, before, isSame, entry }) => ({
    key,
    outcome: isSame
      ? 'unchanged'
      : entry.isRemoved
        ? 'removed'
        : before === null
          ? 'added'
          : 'changed',
    before,
    after: isSame ? before : (after.get(key) ?? null),
  }));
}

/** Who says again what is there changes nothing, not even its author. */
function isSame(entry: LiveTableEntry, before: ShownEntry | null): boolean {
  if (before === null || entry.isRemoved || before.from !== 'live') return false;
  const expiresMs = before.expires === null ? null : Date.parse(before.expires);
  return entry.value === before.value && entry.why === before.why && entry.expiresMs === expiresMs;
}

async function write(
  live: LiveEntries,
  entry: LiveTableEntry,
  isFirst: boolean,
): Promise<ShownEntry | null> {
  const there = live.find(entry.table, entry.key);
  if (entry.isRemoved && !isFirst) {
    if (there === null || (await live.delete(there))) return null;
  } else {
    const written = await live.put(entry);
    if (written !== null) return entry.isRemoved ? null : shownLive(entry, written.revision);
  }
  throw new TurnoutError(
    'table-entry-changed',
    `The entry ${entry.key} of ${entry.table} was changed at the same moment.`,
    'Look at it again, then say what it shall be.',
  );
}

/** Nobody may take what is half done for not done. */
function sayHowMany(error: unknown, done: number, all: number): unknown {
  if (!(error instanceof TurnoutError) || done === 0) return error;
  return new TurnoutError(
    error.code,
    `${error.message} ${done} of the ${all} changes were made.`,
    `${error.remedy} Those that were made stay as they are when they are made again.`,
    { cause: error },
  );
}

type Journaled = { readonly key: string; readonly before: ShownEntry | null } & {
  readonly entry: LiveTableEntry;
};

async function journal(
  { journal }: ApplyParts,
  { table, who, why }: Pick<TableChangeset, 'table' | 'who' | 'why'>,
  changes: readonly Journaled[],
): Promise<void> {
  let together: JsonValue[] = [];
  let bytes = 0;
  const append = async (): Promise<void> => {
    if (together.length === 0) return;
    const data = { changes: together };
    await journal.append({ kind: 'table.changed', subject: table, who, ...(why && { why }), data });
    together = [];
    bytes = 0;
  };
  for (const { key, before, entry } of changes) {
    const after = entry.isRemoved ? null : journalled(shownLive(entry, 0));
    const change = { key, before: journalled(before), after };
    bytes += Buffer.byteLength(JSON.stringify(change));
    if (bytes > JOURNAL_BYTES) await append();
    together.push(change);
  }
  await append();
}
