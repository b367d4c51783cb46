import { RULE_REPORTS_PREFIX, type RuleReport } from '../contract/rule-reports.ts';
import type { Log } from '../lib/log.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { State } from '../ports/state/port.ts';
import type { AutoBan } from './edge/auto-ban/auto-ban.ts';

export interface RuleReporterParts {
  readonly id: string;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 2_000;
/** Of a rule's observations, the newest that are told: a report stays small. */
const TOLD_OBSERVATIONS = 5;
const TOLD_SAMPLES = 5;

/** Tells state what the rules and auto-ban of a worker did, whenever they have done more. */
export function reportRules(
  stats: () => RuleReport['rules'],
  bans: Pick<AutoBan, 'isThere' | 'stats'>,
  { id, state, clock, log }: RuleReporterParts,
): { close(): void } {
  let told = '';
  let isTelling = false;
  const tell = async (): Promise<void> => {
    const rules = stats();
    const autoBan = bans.isThere ? bans.stats() : null;
    const mark = JSON.stringify([
      rules.map(({ rule, mode, hits, errors }) => [rule, mode, hits, errors]),
      autoBan && [autoBan.mode, autoBan.over, autoBan.banned],
    ]);
    if (isTelling || mark === told) return;
    isTelling = true;
    try {
      await state.put(`${RULE_REPORTS_PREFIX}${id}`, {
        worker: id,
        atMs: clock.nowMs(),
        rules: rules.map(({ observations, ...counters }) =>
          Object.assign(counters, { observations: observations.slice(-TOLD_OBSERVATIONS) }),
        ),
        ...(autoBan && {
          autoBan: { ...autoBan, samples: autoBan.samples.slice(-TOLD_SAMPLES) },
        }),
      });
      told = mark;
    } catch (error) {
      log.warn('What rules did was not told', { error: String(error) });
    } finally {
      isTelling = false;
    }
  };
  const timer = clock.every(EVERY_MS, () => void tell());
  return { close: () => timer.cancel() };
}
