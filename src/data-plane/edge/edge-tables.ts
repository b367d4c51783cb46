import type { LiveTableEntry } from '../../contract/tables.ts';
import type { EdgeConfiguration } from '../../derive/edge/edge-configuration.ts';
import { tableStateKey } from '../../contract/table-names.ts';
import type { Log } from '../../lib/log.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { State } from '../../ports/state/port.ts';
import type { ConfigurationFiles } from '../kept-files.ts';
import { AutoBan } from './auto-ban/auto-ban.ts';
import { Bans } from './bans.ts';
import { type PreparedTables, Tables } from './tables/tables.ts';

/** The tables of a worker, and the one of them that is asked about every client. */
export interface EdgeTables {
  readonly tables: Tables;
  readonly bans: Bans;
  readonly autoBan: AutoBan;
  /**
   * Reads a configuration; throws, and changes nothing, where it makes no sense. What is returned
   * has the views that rules are compiled with, and puts all of it in force.
   */
  prepare(
    edge: Pick<EdgeConfiguration, 'tables' | 'bans' | 'autoBan'>,
    files: ConfigurationFiles,
  ): PreparedTables;
}

export function createEdgeTables(options: {
  readonly clock: Clock;
  readonly log: Log;
  readonly state: State;
  /** Where live entries are kept for a start without state. */
  readonly folder: string;
}): EdgeTables {
  const tables = new Tables(options);
  const bans = new Bans(tables);
  const autoBan = new AutoBan({
    ...options,
    propose: (entry) => propose(options.state, entry),
  });
  return {
    tables,
    bans,
    autoBan,
    prepare(edge, files) {
      // A file that is missing in a start without state holds nothing: better than no site at all.
      const textOf = (file: string): string => Buffer.from(files.get(file) ?? []).toString('utf8');
      const useBans = bans.prepare(edge.bans, textOf);
      const prepared = tables.prepare(edge, textOf);
      return {
        ...prepared,
        use() {
          prepared.use();
          useBans();
          autoBan.use(edge.autoBan ?? null, edge.bans.edgeNodes);
        },
      };
    },
  };
}

/** Over nothing, or over what has expired and was not collected yet. */
async function propose(state: State, entry: LiveTableEntry): Promise<boolean> {
  const key = tableStateKey(entry.table, entry.key);
  const first = await state.compareAndSet(key, entry, 0);
  if (first.kind === 'written') return true;
  const { current } = first;
  if (current === null) return false;
  const { expiresMs } = current.value as LiveTableEntry;
  if (expiresMs === null || expiresMs > entry.atMs) return false;
  return (await state.compareAndSet(key, entry, current.revision)).kind === 'written';
}
