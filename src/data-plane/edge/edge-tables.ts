import type { EdgeConfiguration } from '../../derive/edge/edge-configuration.ts';
import type { Log } from '../../lib/log.ts';
import type { Clock } from '../../ports/clock/port.ts';
import { Bans } from './bans.ts';
import { Tables } from './tables/tables.ts';

/** The tables of a worker, and the one of them that is asked about every client. */
export interface EdgeTables {
  readonly tables: Tables;
  readonly bans: Bans;
  /** Throws, and changes nothing, where it makes no sense. */
  configure(
    edge: Pick<EdgeConfiguration, 'tables' | 'bans'>,
    textOf: (file: string) => string,
  ): void;
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
    configure(edge, textOf) {
      const use = bans.prepare(edge.bans, textOf);
      tables.configure(edge, textOf);
      use();
    },
  };
}
