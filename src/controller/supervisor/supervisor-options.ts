import type { Log } from '../../lib/log.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Driver } from '../../ports/driver/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { Randomness } from '../../ports/randomness/port.ts';
import type { Secrets } from '../../ports/secrets/port.ts';
import type { State } from '../../ports/state/port.ts';
import type { ResolveNeed } from './instance-environment.ts';

export interface SupervisorOptions {
  /** Name of the site, told to every instance. */
  readonly site: string;
  readonly driver: Driver;
  readonly state: State;
  readonly journal: Journal;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly resolveNeed: ResolveNeed;
  /** Where the site's flags are kept for every instance. */
  readonly flagsFile: string;
  /** Where instances write: `logsFolder`/SERVICE/INSTANCE.log. */
  readonly logsFolder: string;
  readonly log: Log;
}
