import { notation, object, optional, whole, withDefault } from './describe.ts';
import { duration, percentage } from './quantities.ts';
import type { Infer } from './schema.ts';

const second = 1000;

export const breaker = object(
  'a breaker',
  'When calls are refused at once because too many failed. Each worker judges for itself.',
  {
    errors: withDefault(
      notation(percentage),
      0.5,
      'Share of the calls of the last 10 seconds that failed, from which on it opens.',
    ),
    slow: optional(
      notation(duration(1, 3600 * second)),
      'A call whose answer takes this long to begin counts as failed.',
      { otherwise: 'none is too slow within its deadline' },
    ),
    volume: withDefault(
      whole(1, 1_000_000),
      20,
      'Fewer calls than these in one worker within 10 seconds say nothing.',
    ),
    open: withDefault(
      notation(duration(100, 3600 * second)),
      5 * second,
      'How long it refuses before it lets one call try.',
    ),
  },
);

export type BreakerManifest = Infer<typeof breaker>;
