import type { WriteKeys } from '../../../contract/write-keys.ts';
import type { Writes } from '../../../ports/writes/port.ts';

/** What writes are queued with. */
export interface QueueParts {
  readonly writes: Writes;
  /** What they are sealed with; null while it could not be read. */
  readonly keys: () => WriteKeys | null;
}
