import { BANS_TABLE } from '../../contract/tables.ts';
import type { EdgeConfiguration, TableDefinition } from '../../derive/edge/edge-configuration.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { Blobs } from '../../ports/blobs/port.ts';
import { FirstTable } from './first-table.ts';

export interface DeclaredParts {
  readonly blobs: Pick<Blobs, 'get'>;
  /** What is in force; null until that is known. */
  edge(): Pick<EdgeConfiguration, 'tables' | 'files'> | null;
}

interface ReadTable {
  readonly definition: TableDefinition;
  readonly digest: string | null;
  readonly table: Promise<FirstTable>;
}

const bans: TableDefinition = { name: BANS_TABLE, kind: 'cidr', entries: [], file: null };

/** The tables that edge.yaml declares, read when somebody asks and kept until they change. */
export class DeclaredTables {
  readonly #parts: DeclaredParts;
  readonly #read = new Map<string, ReadTable>();

  constructor(parts: DeclaredParts) {
    this.#parts = parts;
  }

  /** Throws `starting` while it is not known. */
  names(): readonly string[] {
    return this.#definitions().map(({ name }) => name);
  }

  /** Null for a table that is not declared; rejects with `starting`. */
  async find(name: string): Promise<FirstTable | null> {
    const definition = this.#definitions().find((table) => table.name === name);
    if (definition === undefined) {
      this.#read.delete(name);
      return null;
    }
    const { file } = definition;
    const digest = file === null ? null : (this.#parts.edge()?.files[file] ?? null);
    const before = this.#read.get(name);
    // What is in force is frozen, and another object when it changes.
    if (before?.definition === definition && before.digest === digest) return before.table;
    const table = this.#open(definition, digest);
    this.#read.set(name, { definition, digest, table });
    // What could not be read is read anew by whoever asks next.
    table.catch(() => this.#read.delete(name));
    return table;
  }

  async #open(definition: TableDefinition, digest: string | null): Promise<FirstTable> {
    const bytes = digest === null ? null : await this.#parts.blobs.get(digest);
    if (digest !== null && bytes === null) throw new Error(`the blob ${digest} is missing`);
    return FirstTable.read(definition, bytes === null ? null : Buffer.from(bytes).toString('utf8'));
  }

  #definitions(): readonly TableDefinition[] {
    const edge = this.#parts.edge();
    if (edge === null) {
      throw new TurnoutError('starting', 'The site is only starting.', 'Try again in a moment.');
    }
    const { tables } = edge;
    return tables.some(({ name }) => name === BANS_TABLE) ? tables : [bans, ...tables];
  }
}
