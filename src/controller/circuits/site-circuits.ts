import {
  CIRCUIT_HOLDS_PREFIX,
  CIRCUIT_NAME,
  CIRCUIT_REPORTS_PREFIX,
  type CircuitHold,
  type CircuitReport,
} from '../../contract/circuits.ts';
import { PROCESSES_PREFIX, type ProcessRecord } from '../../contract/keys.ts';
import type { Policies } from '../../derive/policies/policies.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State, Watch } from '../../ports/state/port.ts';
import { circuitEvents } from './circuit-events.ts';

/** `type`, so that it is JSON. */
export type SiteCircuitsStatus = {
  readonly workers: readonly CircuitReport[];
  readonly holds: Readonly<Record<string, CircuitHold>>;
};

/** What somebody wants of a circuit; `auto` lets it go. */
export interface CircuitRequest {
  readonly circuit: string;
  readonly to: 'open' | 'closed' | 'auto';
  readonly who: string;
  readonly why: string | null;
}

export interface SiteCircuitsOptions {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the configuration in force; null while there is none. */
  policies(): Policies | null;
}

const RETRY_MS = 1_000;

/**
 * The circuits of all workers: holds them by hand, and writes into the journal when one opens or
 * closes by itself, which workers tell in their reports.
 */
export class SiteCircuits {
  readonly #options: SiteCircuitsOptions;
  readonly #last = new Map<string, CircuitReport>();
  #watch: Watch | null = null;
  #closed = false;

  constructor(options: SiteCircuitsOptions) {
    this.#options = options;
    void this.#follow();
  }

  /** How they stand, by the workers that run; some seconds old where nothing has changed. */
  status(): Promise<SiteCircuitsStatus> {
    return readCircuits(this.#options.state);
  }

  /** Resolves once it is in state, from where workers have it within a tenth of a second. */
  async hold({ circuit, to, who, why }: CircuitRequest): Promise<void> {
    const { state, journal, clock } = this.#options;
    this.#mustBeKnown(circuit);
    const key = `${CIRCUIT_HOLDS_PREFIX}${circuit}`;
    if (to === 'auto') await state.delete(key);
    else await state.put(key, { position: to, who, why, atMs: clock.nowMs() });
    const kind = to === 'auto' ? 'circuit.let-go' : 'circuit.held';
    const data = to === 'auto' ? {} : { position: to };
    await journal.append({ kind, subject: circuit, who, ...(why !== null && { why }), data });
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  /** A name that is misspelt would hold nothing and look as if it did. */
  #mustBeKnown(circuit: string): void {
    const known = this.#known();
    const feature = circuit.split('/')[0] ?? circuit;
    if (CIRCUIT_NAME.test(circuit) && (known === null || known.includes(feature))) return;
    const near = nearestName(feature, known ?? []);
    throw new TurnoutError(
      'circuit-unknown',
      `There is no circuit ${JSON.stringify(circuit.slice(0, 130))}.`,
      `Name a service, a feature as \`service.feature\`, or its \`/reads\` or \`/writes\`${near === null ? '' : `; did you mean \`${near}\``}. \`turnout circuits\` lists them.`,
    );
  }

  /** Every service, and every feature as `service.feature`. */
  #known(): readonly string[] | null {
    const policies = this.#options.policies();
    if (policies === null) return null;
    const services = policies.services.map(({ service }) => service);
    return [...services, ...policies.features.map(({ feature }) => feature)];
  }

  async #follow(): Promise<void> {
    const { state, clock, log } = this.#options;
    let isFirst = true;
    try {
      const watch = await state.watch(CIRCUIT_REPORTS_PREFIX, (change) => {
        if (change.kind !== 'put') return;
        const report = change.value as CircuitReport;
        const before = this.#last.get(report.worker);
        this.#last.set(report.worker, report);
        // What stood there before this controller was, one before it has written down.
        if (!isFirst) void this.#note(before, report);
      });
      isFirst = false;
      if (this.#closed) watch.close();
      else this.#watch = watch;
    } catch (error) {
      log.warn('reports of circuits are not followed', { reason: String(error) });
      if (!this.#closed) clock.after(RETRY_MS, () => void this.#follow());
    }
  }

  /** A journal that cannot be written stops nothing. */
  async #note(before: CircuitReport | undefined, report: CircuitReport): Promise<void> {
    const { journal, log } = this.#options;
    for (const { kind, circuit, why } of circuitEvents(before, report)) {
      try {
        await journal.append({ kind, subject: circuit, who: report.worker, why });
      } catch (error) {
        log.error('journal not written', { kind, reason: String(error) });
      }
    }
  }
}

/** What the workers that are there told, and what is held, read from state alone. */
export async function readCircuits(state: Pick<State, 'list'>): Promise<SiteCircuitsStatus> {
  const records = await state.list(PROCESSES_PREFIX);
  const processes = new Set(records.map(({ value }) => (value as ProcessRecord).id));
  const reports = await state.list(CIRCUIT_REPORTS_PREFIX);
  const holds = await state.list(CIRCUIT_HOLDS_PREFIX);
  return {
    workers: reports
      .map(({ value }) => value as CircuitReport)
      .filter(({ worker }) => processes.has(worker)),
    holds: Object.fromEntries(
      holds.map(({ key, value }) => [key.slice(CIRCUIT_HOLDS_PREFIX.length), value as CircuitHold]),
    ),
  };
}
