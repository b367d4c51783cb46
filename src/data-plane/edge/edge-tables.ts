import type { EdgeConfiguration } from '../../derive/edge/edge-configuration.ts';
import type { Log } from '../../lib/log.ts';
import type { Clock } from '../../ports/clock/port.ts';
import { Bans } from './bans.ts';
import { type PreparedTables, Tables } from './tables/tables.ts';

/** The tables of a worker, and the one of them that is asked about every client. */
export interface EdgeTables {
  readonly tables: Tables;
  readonly bans: Bans;
  /**
   * Reads a configuration; throws, and changes nothing, where it makes no sense. What is returned
   * has the views that rules are compiled with, and puts all of it in force.
   */
  prepare(
    edge: Pick<EdgeConfiguration, 'tables' | 'bans'>,
    textOf: (file: string) => string,
  ): PreparedTables;
}

export function createEdgeTables(options: {
  readonly clock: Clock;
  readonly log: Log;
  /** Where live entries are kept for a start without state. */
  readonly folder: string;
}): EdgeTables {
  const tables = new Tables(options);
  const bans = new Bans(tables);
  return {
    tables,
    bans,
    prepare(edge, textOf) {
      const useBans = bans.prepare(edge.bans, textOf);
      const prepared = tables.prepare(edge, textOf);
      return {
        ...prepared,
        use() {
          prepared.use();
          useBans();
        },
      };
    },
  };
}
