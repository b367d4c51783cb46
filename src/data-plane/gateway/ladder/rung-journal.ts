import type { ReportedRung } from '../../../contract/rung-reports.ts';
import type { JsonValue } from '../../../lib/json.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import type { Journal } from '../../../ports/journal/port.ts';
import type { RungInForce, RungListener, WhyLeft } from './standings.ts';

export interface RungJournalParts {
  /** Which worker says so. */
  readonly id: string;
  readonly journal?: Pick<Journal, 'append'> | undefined;
  readonly clock: Pick<Clock, 'nowMs' | 'after' | 'sleep'>;
  readonly log: Log;
}

interface Waiting {
  readonly kind: 'rung.entered' | 'rung.left';
  readonly rung: ReportedRung;
  readonly why: string;
  readonly atMs: number;
  /** How often it happened while the journal was away. */
  readonly times: number;
}

const SOONEST_MS = 500;
const LATEST_MS = 30_000;
const LAST_CHANCE_MS = 2_000;

/**
 * Writes into the journal that a rung was entered or left, in the background. While the journal is
 * away what happens again is folded into what waits, which says how often: so what waits is bounded
 * by the rungs there are, and nothing is lost.
 */
export class RungJournal implements RungListener {
  readonly #parts: RungJournalParts;
  readonly #waiting = new Map<string, Waiting>();
  #writing: Promise<void> | null = null;
  #retry: Timer | null = null;
  #delayMs = SOONEST_MS;

  constructor(parts: RungJournalParts) {
    this.#parts = parts;
  }

  entered(rung: RungInForce): void {
    const { feature, need, cause } = rung;
    this.#parts.log.warn('A rung was entered', { feature, rung: rung.rung, need, cause });
    this.#note('rung.entered', rung, inWords(rung));
  }

  left(rung: RungInForce, why: WhyLeft): void {
    const { feature, need, served } = rung;
    this.#parts.log.info('A rung was left', { feature, rung: rung.rung, need, served });
    this.#note('rung.left', rung, whysLeft[why]);
  }

  /** It was in force in the worker of this name before this one, which ended without a word. */
  ended(rung: ReportedRung): void {
    this.#note('rung.left', rung, 'its worker ended');
  }

  /** Writes what waits, if the journal is there at all. */
  async close(): Promise<void> {
    this.#giveUpRetry();
    this.#write();
    // Where the journal is away for good, nobody waits for it.
    await Promise.race([this.#writing, this.#parts.clock.sleep(LAST_CHANCE_MS)]);
    this.#giveUpRetry();
  }

  #giveUpRetry(): void {
    this.#retry?.cancel();
    this.#retry = null;
  }

  #note(kind: Waiting['kind'], rung: ReportedRung, why: string): void {
    const key = [kind, rung.feature, rung.rung, rung.need, rung.requests, why].join(' ');
    const next = { kind, rung, why, atMs: this.#parts.clock.nowMs(), times: 1 };
    const before = this.#waiting.get(key);
    this.#waiting.set(key, before === undefined ? next : folded(before, next));
    this.#write();
  }

  #write(): void {
    if (this.#writing !== null || this.#retry !== null || this.#waiting.size === 0) return;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = null;
      this.#write();
    });
  }

  async #writeAll(): Promise<void> {
    const { id, journal, log, clock } = this.#parts;
    for (const [key, next] of this.#waiting) {
      this.#waiting.delete(key);
      try {
        await journal?.append(entryOf(id, next));
        this.#delayMs = SOONEST_MS;
      } catch (error) {
        const later = this.#waiting.get(key);
        this.#waiting.set(key, later === undefined ? next : folded(next, later));
        log.warn('A rung could not be written into the journal; it is tried again', {
          feature: next.rung.feature,
          error: String(error),
          inMs: this.#delayMs,
        });
        this.#retry = clock.after(this.#delayMs, () => {
          this.#retry = null;
          this.#write();
        });
        this.#delayMs = Math.min(LATEST_MS, this.#delayMs * 2);
        return;
      }
    }
  }
}

/** What happened later, and all that both answered. */
function folded(before: Waiting, later: Waiting): Waiting {
  const served = before.rung.served + later.rung.served;
  return { ...later, rung: { ...later.rung, served }, times: before.times + later.times };
}

function entryOf(id: string, { kind, rung, why, atMs, times }: Waiting) {
  const { feature, requests, need, cause, sinceMs, served } = rung;
  const data: JsonValue = { rung: rung.rung, requests, need, cause, sinceMs, atMs, served, times };
  return { kind, subject: feature, who: id, why, data };
}

function inWords({ need, cause }: RungInForce): string {
  return need === null ? causes[cause] : `${need} is lost`;
}

const whysLeft: Readonly<Record<WhyLeft, string>> = {
  well: 'it answers again',
  silent: 'nobody has asked for it for a while',
  changed: 'its ladder was changed',
};

const causes: Readonly<Record<RungInForce['cause'], string>> = {
  unreached: 'no instance could be reached',
  lost: 'the connection was lost',
  late: 'no answer came in time',
  malformed: 'the answer was malformed',
  status: 'the service answered that it failed',
  open: 'its breaker is open',
  shed: 'the site is overloaded',
  switched: 'a switch says so',
};
