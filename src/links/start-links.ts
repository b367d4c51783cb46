import { LINKS_KEY, LINKS_PREFIX, linkKey, readLinkRecord } from '../contract/links.ts';
import type { LinkRecord, LinkStatus, LinksStatus } from '../contract/links.ts';
import { readJsonFile } from '../lib/json-file.ts';
import type { JsonValue } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { ownProcessIdentity } from '../lib/process-identity.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { State, Watch } from '../ports/state/port.ts';
import { Link } from './link.ts';
import type { LinkLimits } from './link.ts';
import { writeLatest } from './write-latest.ts';

export interface LinksOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** The records as they were last known, for a start without controller and state. */
  readonly lastGoodFile: string;
  /** What it says of itself (`LinksStatus`). */
  readonly statusFile: string;
  readonly limits?: Partial<LinkLimits>;
}

export interface Links {
  statuses(): readonly LinkStatus[];
  /**
   * The planned stop: nothing new is accepted, what is open goes on until it ends, at most
   * `lingerMs`; then it is reset.
   */
  close(options: { readonly lingerMs: number }): Promise<void>;
}

const defaults: LinkLimits = { connections: 2_000, connectMs: 10_000 };
const reportEveryMs = 1_000;
const longestRetryMs = 5_000;
const closePollMs = 50;

/**
 * Opens the links that were last known, then follows what state says of them, for as long as it can
 * be read. Ports are those of the records; one that somebody else holds is reported and tried
 * again.
 */
export function startLinks(options: LinksOptions): Links {
  const links = new LinkTable(options);
  links.restore();
  const stopping = new AbortController();
  const watching: Watch[] = [];
  void followRecords(options, links, watching, stopping.signal);
  return {
    statuses: () => links.statuses(),
    async close({ lingerMs }) {
      links.stopAccepting();
      const deadlineMs = options.clock.monotonicMs() + lingerMs;
      while (links.connections > 0 && options.clock.monotonicMs() < deadlineMs) {
        await options.clock.sleep(closePollMs);
      }
      stopping.abort(new Error('the links stop'));
      for (const watch of watching) watch.close();
      await links.close();
    },
  };
}

/** Watches the records; tries again for ever while state is away. */
async function followRecords(
  { state, clock, log }: LinksOptions,
  links: LinkTable,
  watching: Watch[],
  signal: AbortSignal,
): Promise<void> {
  for (let delayMs = 100; !signal.aborted; delayMs = Math.min(longestRetryMs, delayMs * 2)) {
    let watch: Watch | null = null;
    try {
      const present = new Set<string>();
      let isComplete = false;
      watch = await state.watch(LINKS_PREFIX, (change) => {
        if (!isComplete) present.add(change.key);
        if (change.kind === 'delete') return links.drop(change.key);
        const record = readLinkRecord(change.value);
        // What a newer version wrote and this one cannot read takes nothing away.
        if (record !== null) links.put(change.key, record);
      });
      isComplete = true;
      // A state that never heard of links is a new or a lost one: nothing follows from it.
      if ((await state.get(LINKS_KEY)) !== null) links.keepOnly(present);
      if (signal.aborted) watch.close();
      else watching.push(watch);
      return;
    } catch (error) {
      // The next try opens its own: kept, each failure would leave one more.
      watch?.close();
      log.warn('reading the links failed; trying again', { reason: String(error), inMs: delayMs });
    }
    await clock.sleep(delayMs, signal).catch(() => undefined);
  }
}

/** The links there are, kept on disk as they are known, and reported on. */
class LinkTable {
  readonly #options: LinksOptions;
  readonly #limits: LinkLimits;
  readonly #records = new Map<string, LinkRecord>();
  readonly #links = new Map<string, Link>();
  readonly #lastGood: ReturnType<typeof writeLatest>;
  readonly #status: ReturnType<typeof writeLatest>;
  #isAccepting = true;
  #reported = '';

  constructor(options: LinksOptions) {
    const { clock, log, lastGoodFile, statusFile } = options;
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
    this.#lastGood = writeLatest(lastGoodFile, log);
    this.#status = writeLatest(statusFile, log);
    const timer = clock.every(reportEveryMs, () => {
      if (this.#isAccepting) this.#report();
      else timer.cancel();
    });
  }

  get connections(): number {
    return this.statuses().reduce((sum, { connections }) => sum + connections, 0);
  }

  restore(): void {
    const kept = readJsonFile(this.#options.lastGoodFile) as {
      links?: readonly JsonValue[];
    } | null;
    for (const value of kept?.links ?? []) {
      const record = readLinkRecord(value);
      if (record !== null) this.#open(linkKey(record), record);
    }
    this.#report();
  }

  put(key: string, record: LinkRecord): void {
    this.#open(key, record);
    this.#keep();
  }

  drop(key: string): void {
    this.#drop(key);
    this.#keep();
  }

  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#records.keys()) if (!keys.has(key)) this.#drop(key);
    this.#keep();
    this.#report();
  }

  statuses(): readonly LinkStatus[] {
    return [...this.#links.values()].map((link) => link.status());
  }

  stopAccepting(): void {
    this.#isAccepting = false;
    for (const link of this.#links.values()) link.stopAccepting();
  }

  async close(): Promise<void> {
    for (const link of this.#links.values()) link.close();
    await Promise.all([this.#lastGood.flushed(), this.#status.flushed()]);
  }

  #open(key: string, record: LinkRecord): void {
    this.#records.set(key, record);
    const link = this.#links.get(key);
    if (link !== undefined) return link.configure(record);
    // One that is stopping leaves what is new to its successor.
    if (!this.#isAccepting) return;
    this.#links.set(
      key,
      new Link(record, this.#options.clock, this.#limits, () =>
        queueMicrotask(() => this.#report()),
      ),
    );
  }

  #drop(key: string): void {
    this.#records.delete(key);
    this.#links.get(key)?.close();
    this.#links.delete(key);
  }

  #keep(): void {
    if (!this.#isAccepting) return;
    this.#lastGood.write({ version: 1, links: [...this.#records.values()] });
  }

  #report(): void {
    if (!this.#isAccepting) return;
    const links = this.statuses();
    const text = JSON.stringify(links);
    if (text === this.#reported) return;
    this.#reported = text;
    const asOfMs = this.#options.clock.nowMs();
    const status: LinksStatus = { ...ownProcessIdentity(), asOfMs, links };
    this.#status.write(status);
  }
}
