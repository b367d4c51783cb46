import { LIVE_ENTRIES_LIMIT, TABLE_NAME } from '../../contract/table-names.ts';
import { AUTO_BAN_AUTHOR, type LiveTableEntry } from '../../contract/tables.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import type { Clock, Timer } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import { applyChanges, type PlannedChange } from './apply-changes.ts';
import { checkBan, checkedKey, holdersOf } from './check-change.ts';
import { type DeclaredParts, DeclaredTables } from './declared-tables.ts';
import type { FirstTable } from './first-table.ts';
import { type LiveEntry, LiveEntries } from './live-entries.ts';
import {
  journalled,
  type ShownEntry,
  shownLive,
  type TableChange,
  type TableChangeResult,
  type TableChangeset,
  type TableControl,
  type TablePage,
  type TableSummary,
} from './table-changes.ts';

export interface SiteTablesOptions extends DeclaredParts {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** Of site.yaml: whoever bans one bans all that come through it. */
  trustedHops(): readonly string[];
}

/** Entries of one table, from the start and live together. */
const MOST_ENTRIES = 1_000_000;
const COLLECT_MS = 5_000;

/**
 * Changes tables while the site runs: every change is checked, journaled and then written, one
 * after the other, so that nobody overwrites what he has not seen.
 */
export class SiteTables implements TableControl {
  readonly #options: SiteTablesOptions;
  readonly #declared: DeclaredTables;
  readonly #live: LiveEntries;
  readonly #timer: Timer;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: SiteTablesOptions) {
    this.#options = options;
    this.#declared = new DeclaredTables(options);
    this.#live = new LiveEntries(options.state, (entry) => this.#journalAutoBan(entry));
    this.#timer = options.clock.every(COLLECT_MS, () => {
      this.#inTurn(() => this.#collect()).catch((error: unknown) => {
        options.log.warn('expired entries of tables are left', { reason: String(error) });
      });
    });
  }

  change(set: TableChangeset): Promise<readonly TableChangeResult[]> {
    return this.#inTurn(async () => {
      const planned = await this.#plan(set);
      if (set.isCheck === true) return [];
      return applyChanges({ ...this.#options, live: this.#live }, set, planned);
    });
  }

  async summaries(): Promise<readonly TableSummary[]> {
    await this.#live.follow();
    const undeclared = [...this.#live.values()].map(({ entry }) => entry.table);
    const names = new Set([...this.#declared.names(), ...undeclared]);
    return Promise.all([...names].sort().map((name) => this.#summary(name)));
  }

  async page(name: string, after: string | null, limit: number): Promise<TablePage> {
    await this.#live.follow();
    const first = await this.#known(name, false);
    const entries: ShownEntry[] = [];
    const nowMs = this.#options.clock.nowMs();
    if (after === null) {
      const written = first?.written(nowMs) ?? [];
      entries.push(...written.filter(({ key }) => this.#live.find(name, key) === null));
    }
    let last: string | null = null;
    let next: string | null = null;
    let count = 0;
    for (const live of this.#live.after(name, after)) {
      if (count++ === limit) {
        next = last;
        break;
      }
      last = live.entry.key;
      if (!isExpired(live, nowMs)) entries.push(shownLive(live.entry, live.revision));
    }
    return { table: await this.#summary(name), entries, next };
  }

  async find(name: string, key: string): Promise<readonly ShownEntry[]> {
    await this.#live.follow();
    const first = await this.#known(name, false);
    const kind = first?.kind ?? null;
    const change = { kind: 'remove', key, value: null, expiresMs: null, expect: null } as const;
    const checked = this.#keyOf(name, first, change);
    return [...new Set([checked, ...holdersOf(kind, checked)])].flatMap((holder) => {
      const entry = this.#shown(name, first, holder);
      return entry === null ? [] : [entry];
    });
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#queue;
    await this.#live.close();
  }

  /** Everything that could be refused is refused here, before anything is written. */
  async #plan(set: TableChangeset): Promise<readonly PlannedChange[]> {
    const { table, changes, force } = set;
    await this.#live.follow();
    const first = await this.#known(table, force);
    const planned = new Map<string, PlannedChange>();
    for (const change of changes) {
      const key = this.#keyOf(table, first, change);
      if (change.kind === 'put' && !force) checkBan(table, key, this.#options.trustedHops());
      const before = this.#shown(table, first, key);
      this.#checkSeen(table, key, change, before);
      const isFirst = (first?.find(key, this.#options.clock.nowMs()) ?? null) !== null;
      if (change.kind === 'remove' && before === null) throw this.#notThere(table, first, key);
      planned.set(key, { change, key, before, isFirst });
    }
    this.#checkRoom(table, first, [...planned.values()]);
    return [...planned.values()];
  }

  /**
   * In the one form of its table, but where one is taken out that was made in another form before
   * the table was declared.
   */
  #keyOf(table: string, first: FirstTable | null, change: TableChange): string {
    const isThere = change.kind === 'remove' && this.#live.find(table, change.key) !== null;
    return isThere ? change.key : checkedKey(table, first?.kind ?? null, change);
  }

  /** What is in force under a key; one that was taken out is shown as such where it is live. */
  #shown(table: string, first: FirstTable | null, key: string): ShownEntry | null {
    const nowMs = this.#options.clock.nowMs();
    const live = this.#live.find(table, key);
    if (live === null || isExpired(live, nowMs)) return first?.find(key, nowMs) ?? null;
    return live.entry.isRemoved ? null : shownLive(live.entry, live.revision);
  }

  #checkSeen(table: string, key: string, { expect }: TableChange, before: ShownEntry | null): void {
    if (expect === null || expect === (before?.revision ?? 0)) return;
    const by = before === null ? 'It is gone by now.' : `It is by ${before.author ?? 'a file'}`;
    throw new TurnoutError(
      'table-entry-changed',
      `The entry ${key} of ${table} is not what it was when you looked. ${by}${before?.since ? `, of ${before.since}` : ''}.`,
      'Look at it again, then say what it shall be.',
    );
  }

  #notThere(table: string, first: FirstTable | null, key: string): TurnoutError {
    const [holder] = holdersOf(first?.kind ?? null, key).flatMap((wider) => {
      return this.#shown(table, first, wider) ?? [];
    });
    if (holder !== undefined) {
      return new TurnoutError(
        'table-entry-unknown',
        `${key} is no entry of ${table}: ${holder.key} is, and holds it.`,
        `Take that one out, whole: ${holder.key}.`,
      );
    }
    return new TurnoutError(
      'table-entry-unknown',
      `${key} is no entry of ${table}.`,
      `\`turnout table show ${table}\` lists them.`,
    );
  }

  #checkRoom(table: string, first: FirstTable | null, planned: readonly PlannedChange[]): void {
    const added = planned.filter(
      ({ change, key }) => change.kind === 'put' && this.#live.find(table, key) === null,
    ).length;
    if (added === 0) return;
    if (this.#live.size + added > LIVE_ENTRIES_LIMIT) {
      throw new TurnoutError(
        'table-full',
        `There are ${this.#live.size} entries that were made at run time; ${LIVE_ENTRIES_LIMIT} are possible.`,
        'Take some out, or move them into a file that edge.yaml names.',
      );
    }
    if ((first?.size ?? 0) + this.#live.size + added > MOST_ENTRIES) {
      throw new TurnoutError(
        'table-full',
        `The table ${table} would have more than ${MOST_ENTRIES} entries.`,
        'Take some out, or join neighbouring networks into wider ones.',
      );
    }
  }

  /** Null for a table that nobody declares, where that is fine: live entries of it wait. */
  async #known(name: string, mayBeUndeclared: boolean): Promise<FirstTable | null> {
    if (TABLE_NAME.test(name)) {
      const first = await this.#declared.find(name);
      if (first !== null || mayBeUndeclared) return first;
      for (const _ of this.#live.after(name, null)) return null;
    }
    const near = nearestName(name, this.#declared.names());
    const hint = near === null ? '' : ` Did you mean ${near}?`;
    throw new TurnoutError(
      'table-unknown',
      `edge.yaml declares no table ${JSON.stringify(name.slice(0, 60))}.${hint}`,
      'Declare it there, or add --force: then the entry waits until it is declared.',
    );
  }

  async #summary(name: string): Promise<TableSummary> {
    const first = await this.#declared.find(name);
    let live = 0;
    for (const _ of this.#live.after(name, null)) live++;
    return { name, kind: first?.kind ?? null, first: first?.size ?? 0, live };
  }

  /** Workers let an entry go at its moment; what is left of it in state goes a little later. */
  async #collect(): Promise<void> {
    await this.#live.follow();
    const nowMs = this.#options.clock.nowMs();
    const over: LiveEntry[] = [];
    for (const live of this.#live.values()) {
      const { entry } = live;
      const isOver =
        isExpired(live, nowMs) || (entry.isRemoved && (await this.#hidesNothing(entry)));
      if (isOver) over.push(live);
    }
    const byTable = Map.groupBy(over, ({ entry }) => entry.table);
    for (const [table, gone] of byTable) {
      const keys = gone.slice(0, MOST_NAMED).map(({ entry }) => entry.key);
      const data = { count: gone.length, keys };
      await this.#options.journal.append({
        kind: 'table.expired',
        subject: table,
        who: 'controller',
        data,
      });
      await Promise.all(gone.map((live) => this.#live.delete(live)));
    }
  }

  /** It takes out what edge.yaml does not have any more, and would hide it if it came back. */
  async #hidesNothing({ table, key }: LiveTableEntry): Promise<boolean> {
    if (this.#options.edge() === null) return false;
    const first = await this.#declared.find(table);
    return first !== null && first.find(key, this.#options.clock.nowMs()) === null;
  }

  /** A worker writes bans of its own into state, and has no journal. */
  #journalAutoBan(entry: LiveTableEntry): void {
    if (entry.author !== AUTO_BAN_AUTHOR) return;
    const { table, key, why } = entry;
    const data = { changes: [{ key, before: null, after: journalled(shownLive(entry, 0)) }] };
    const what = { kind: 'table.changed', subject: table, who: AUTO_BAN_AUTHOR, data };
    this.#options.journal.append({ ...what, ...(why && { why }) }).catch((error: unknown) => {
      this.#options.log.warn('a ban is not journaled', { key, reason: String(error) });
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

/** In the journal, of those that expired together. */
const MOST_NAMED = 500;

function isExpired({ entry }: LiveEntry, nowMs: number): boolean {
  return entry.expiresMs !== null && entry.expiresMs <= nowMs;
}
