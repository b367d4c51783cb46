import { hash } from 'node:crypto';
import { LIVE_ENTRIES_LIMIT } from '../../../contract/table-names.ts';
import { BANS_TABLE, type LiveTableEntry } from '../../../contract/tables.ts';
import type {
  EdgeConfiguration,
  TableDefinition,
} from '../../../derive/edge/edge-configuration.ts';
import type { Address } from '../../../lib/address.ts';
import type { AddressList } from '../../../lib/edge-language.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import { Expiries } from './expiries.ts';
import { KeptChanges } from './kept-changes.ts';
import { RunningTable } from './running-table.ts';
import type { TableViews } from './table-views.ts';

interface TablesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: string;
}

interface Declared {
  readonly table: RunningTable;
  /** Digest of what it has from the start. */
  readonly mark: string;
}

interface PreparedTable extends Declared {
  readonly definition: TableDefinition;
  readonly text: string | null;
}

/** Tables of a configuration that is not in force yet. */
export interface PreparedTables extends TableViews {
  use(): void;
}

const emptyBans: TableDefinition = { name: BANS_TABLE, kind: 'cidr', entries: [], file: null };
/** Tables from the start that are longer are read in pauses, once there are requests to answer. */
const LONG_BYTES = 128 * 1024;
const LONG_ENTRIES = 2_000;

/**
 * The tables of a worker: what edge.yaml and its files say, and over it what was changed while the
 * site runs, each entry until it expires. A live change costs a few microseconds however large its
 * table is.
 */
export class Tables implements TableViews {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #expiries: Expiries;
  readonly #declared = new Map<string, Declared>();
  /** Live entries by their name in state; those of tables that are not declared wait there. */
  readonly #live = new Map<string, LiveTableEntry>();
  /** The latest filling of each table that is read in pauses. */
  readonly #fillings = new Map<string, symbol>();
  #isFirst = true;

  readonly #kept: KeptChanges;

  /** What was changed is kept in `folder`, for a start without state. */
  constructor({ clock, log, folder }: TablesOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#expiries = new Expiries(clock);
    this.#kept = new KeptChanges({ folder, clock, log, all: () => this.#live });
    this.#use(BANS_TABLE, this.#prepare(emptyBans, null));
  }

  /** Takes what was kept the last time. */
  restore(): void {
    for (const [name, entry] of this.#kept.read()) this.#change(name, entry);
  }

  get(name: string): AddressList | ReadonlyMap<string, string> | undefined {
    return this.#declared.get(name)?.table.view;
  }

  isBanned(address: Address): boolean {
    return this.#declared.get(BANS_TABLE)?.table.networks?.trie.holds(address) ?? false;
  }

  /**
   * Reads the tables of a configuration, or throws where they make no sense; what is returned has
   * their views, and puts them in force. A long list of addresses that changes while requests are
   * answered is in force once it is read whole, some seconds later.
   */
  prepare(
    { tables }: Pick<EdgeConfiguration, 'tables'>,
    textOf: (file: string) => string,
  ): PreparedTables {
    const wanted = new Map(tables.map((table) => [table.name, table]));
    const bans = wanted.get(BANS_TABLE) ?? emptyBans;
    if (bans.kind !== 'cidr') throw new Error(`the table ${BANS_TABLE} holds addresses: cidr`);
    wanted.set(BANS_TABLE, bans);
    const prepared = new Map<string, PreparedTable>();
    for (const [name, definition] of wanted) {
      const { file } = definition;
      prepared.set(name, this.#prepare(definition, file === null ? null : textOf(file)));
    }
    return {
      get: (name) => prepared.get(name)?.table.view,
      use: () => {
        for (const name of this.#declared.keys()) if (!prepared.has(name)) this.#drop(name);
        for (const [name, table] of prepared) this.#use(name, table);
        this.#isFirst = false;
      },
    };
  }

  /** `name` is the entry's in state, without the prefix; null is one that is gone. */
  change(name: string, entry: LiveTableEntry | null): void {
    if (this.#change(name, entry)) this.#kept.keep(name, entry);
  }

  /** Live entries that are not among these are gone. */
  complete(names: ReadonlySet<string>): void {
    for (const name of this.#live.keys()) if (!names.has(name)) this.change(name, null);
  }

  /** Resolves when what was changed is kept. */
  async close(): Promise<void> {
    this.#fillings.clear();
    this.#expiries.close();
    await this.#kept.flush();
  }

  /** False where nothing is different. */
  #change(name: string, entry: LiveTableEntry | null): boolean {
    const before = this.#live.get(name);
    if (entry === null || isExpired(entry, this.#clock.nowMs())) {
      if (before === undefined) return false;
      this.#live.delete(name);
      this.#declared.get(before.table)?.table.withdraw(before.key);
      return true;
    }
    if (before === undefined && this.#live.size >= LIVE_ENTRIES_LIMIT) {
      this.#log.error('An entry of a table is left out: there are too many', { name });
      return false;
    }
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(entry)) return false;
    this.#live.set(name, entry);
    this.#declared.get(entry.table)?.table.apply(entry);
    if (entry.expiresMs !== null) {
      this.#expiries.add({
        atMs: entry.expiresMs,
        isDue: () => this.#live.get(name) === entry,
        expire: () => this.#change(name, null),
      });
    }
    return true;
  }

  #prepare(definition: TableDefinition, text: string | null): PreparedTable {
    const { name, kind, entries } = definition;
    const mark = hash('sha256', JSON.stringify([kind, entries])) + hash('sha256', text ?? '');
    const before = this.#declared.get(name);
    // A list of addresses stays the same object, so that it can go on with what it had.
    const goesOn = before !== undefined && (before.mark === mark || kind === 'cidr');
    const table = goesOn && before.table.kind === kind ? before.table : this.#create(name, kind);
    return { table, mark, definition, text };
  }

  #use(name: string, { table, mark, definition, text }: PreparedTable): void {
    const before = this.#declared.get(name);
    if (before?.mark === mark) return;
    this.#declared.set(name, { table, mark });
    const filling = table.fill(definition, text, () => this.#clock.nowMs());
    const isLong = (text?.length ?? 0) > LONG_BYTES || definition.entries.length > LONG_ENTRIES;
    if (isLong && table.kind === 'cidr' && !this.#isFirst) this.#fillInPauses(name, filling);
    else {
      this.#fillings.delete(name);
      while (filling.next().done !== true);
    }
    if (before?.table === table) return;
    for (const entry of this.#live.values()) if (entry.table === name) table.apply(entry);
  }

  #drop(name: string): void {
    this.#declared.delete(name);
    this.#fillings.delete(name);
  }

  #create(name: string, kind: TableDefinition['kind']): RunningTable {
    let refused = 0;
    const table: RunningTable = new RunningTable({
      kind,
      expires: (atMs, key, next) => {
        const { mark } = this.#declared.get(name) ?? {};
        this.#expiries.add({
          atMs,
          isDue: () => this.#declared.get(name)?.mark === mark,
          expire: () => table.expireFirst(key, next),
        });
      },
      refused: (key) => {
        if (refused++ < MOST_REFUSED) {
          this.#log.warn('An entry of a table is no address', { table: name, key });
        }
      },
    });
    return table;
  }

  #fillInPauses(name: string, filling: Generator<void>): void {
    const mine = Symbol(name);
    this.#fillings.set(name, mine);
    const goOn = (): void => {
      if (this.#fillings.get(name) !== mine) return;
      if (filling.next().done === true) this.#fillings.delete(name);
      else this.#clock.after(1, goOn);
    };
    goOn();
  }
}

/** Told of one table; a file in another format would fill the log. */
const MOST_REFUSED = 20;

function isExpired({ expiresMs }: LiveTableEntry, nowMs: number): boolean {
  return expiresMs !== null && expiresMs <= nowMs;
}
