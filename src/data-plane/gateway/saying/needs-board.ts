import { parseServiceHealth } from '../../../contract/service-health.ts';
import type { NeedReport } from '../../../contract/health-report.ts';
import { RollingCounts } from './rolling-counts.ts';

/** Who has not reported for so long is not known to say anything any more. */
const SILENCE_MS = 30_000;
/** Instances that are remembered; of more, those that were silent for longest are forgotten. */
const MOST_INSTANCES = 256;
/** Needs and roles that are counted: more than a service declares. */
const MOST_NEEDS = 64;

const REPORTS = 0;

interface InstanceReport {
  text: string;
  atMs: number;
  /** Since when it has reported without a break. */
  firstMs: number;
  /** What it says is down, and since when. */
  down: ReadonlyMap<string, number>;
}

/** Times are of the clock that only grows. */
export type NeedStanding = Omit<NeedReport, 'service'>;

/**
 * What the instances of one service report of its needs, on all their answers: also where every
 * answer is 200, it is known what they have lost. Of this worker alone, and bounded.
 */
export class NeedsBoard {
  /** The one that reported last stands last. */
  readonly #instances = new Map<string, InstanceReport>();
  readonly #answers: RollingCounts;
  readonly #lost = new Map<string, RollingCounts>();

  constructor(nowMs: number) {
    this.#answers = new RollingCounts(1, nowMs);
  }

  /** Takes what an instance said with an answer; one that says nothing is as it was. */
  heard(instance: string, report: string | null | undefined, nowMs: number): void {
    if (report === null || report === undefined) return;
    const known = this.#instances.get(instance);
    const isLate = known !== undefined && nowMs - known.atMs > SILENCE_MS;
    if (known === undefined || isLate || known.text !== report) {
      if (!this.#learn(instance, report, nowMs, isLate ? undefined : known)) return;
    } else known.atMs = nowMs;
    this.#count(instance, nowMs);
  }

  /** Of the needs that are declared, and of their roles that are lost. */
  standings(declared: readonly string[], nowMs: number): readonly NeedStanding[] {
    for (const [instance, { atMs }] of this.#instances) {
      if (nowMs - atMs > SILENCE_MS) this.#instances.delete(instance);
    }
    if (this.#instances.size === 0) return [];
    const roles = new Set<string>();
    for (const { down } of this.#instances.values()) {
      for (const need of down.keys()) if (need.includes('.')) roles.add(need);
    }
    return declared.flatMap((need) => {
      const own = [...roles].filter((role) => role.startsWith(`${need}.`)).sort();
      return [need, ...own].map((name) => this.#standing(name, nowMs));
    });
  }

  #standing(need: string, nowMs: number): NeedStanding {
    const saidBy: string[] = [];
    let downSinceMs = nowMs;
    let firstMs = nowMs;
    for (const [instance, report] of this.#instances) {
      firstMs = Math.min(firstMs, report.firstMs);
      const sinceMs = report.down.get(need);
      if (sinceMs === undefined) continue;
      saidBy.push(instance);
      downSinceMs = Math.min(downSinceMs, sinceMs);
    }
    const isDown = saidBy.length > 0;
    return {
      need,
      state: isDown ? 'down' : 'up',
      sinceMs: isDown ? downSinceMs : firstMs,
      saidBy: saidBy.sort(),
      reporting: this.#instances.size,
      answers: this.#answers.sum(REPORTS, nowMs),
      lost: this.#lost.get(need)?.sum(REPORTS, nowMs) ?? 0,
    };
  }

  /** False where it says nothing that is understood. */
  #learn(
    instance: string,
    text: string,
    nowMs: number,
    before: InstanceReport | undefined,
  ): boolean {
    const said = parseServiceHealth(text);
    if (said === null) return false;
    const down = new Map(said.down.map((need) => [need, before?.down.get(need) ?? nowMs]));
    this.#instances.delete(instance);
    this.#instances.set(instance, { text, atMs: nowMs, firstMs: before?.firstMs ?? nowMs, down });
    if (this.#instances.size > MOST_INSTANCES) this.#forgetOne();
    return true;
  }

  #forgetOne(): void {
    let oldest: string | null = null;
    let oldestMs = Infinity;
    for (const [name, { atMs }] of this.#instances) {
      if (atMs < oldestMs) [oldest, oldestMs] = [name, atMs];
    }
    if (oldest !== null) this.#instances.delete(oldest);
  }

  #count(instance: string, nowMs: number): void {
    const report = this.#instances.get(instance);
    if (report === undefined) return;
    this.#answers.add(REPORTS, nowMs);
    for (const need of report.down.keys()) {
      let counts = this.#lost.get(need);
      if (counts === undefined) {
        if (this.#lost.size >= MOST_NEEDS) this.#lost.clear();
        counts = new RollingCounts(1, nowMs);
        this.#lost.set(need, counts);
      }
      counts.add(REPORTS, nowMs);
    }
  }
}
