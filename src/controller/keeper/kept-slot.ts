import type { KeptKind, ProcessRecord } from '../../contract/keys.ts';
import { isRunning, signalProcess } from '../../lib/process-identity.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { version } from '../../lib/version.ts';
import type { Clock, Timer } from '../../ports/clock/port.ts';
import type { NewJournalEntry } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import { adoptProcess, launchProcess } from './child-process.ts';
import type { KeptProcess } from './child-process.ts';
import { livingProcesses } from './process-records.ts';
import { decideRestart, freshHistory } from './restart-policy.ts';
import type { RestartHistory } from './restart-policy.ts';
import { stopProcesses } from './take-down.ts';

export interface KeptSlotOptions {
  readonly kind: KeptKind;
  readonly id: string;
  readonly program: string;
  readonly root: string;
  readonly logFile: string;
  readonly settings: string;
  readonly state: State;
  readonly clock: Clock;
  readonly note: (entry: NewJournalEntry) => void;
  readonly lastLines: () => Promise<readonly string[]>;
}

/** How long a replacement may take to serve before the old one is kept. */
const readyWithinMs = 20_000;
/** How long the one replaced may finish its requests. */
const drainMs = 30_000;
const pollMs = 20;
const never = new AbortController().signal;

type SlotState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'kept'; readonly process: KeptProcess }
  | { readonly kind: 'replacing'; readonly old: KeptProcess; readonly fresh: KeptProcess | null }
  | { readonly kind: 'waiting'; readonly timer: Timer }
  | { readonly kind: 'released' };

/** The place of one process: who stands in it now, and what to do when that one dies. */
export class KeptSlot {
  readonly kind: KeptKind;
  readonly id: string;
  readonly #options: KeptSlotOptions;
  #state: SlotState = { kind: 'idle' };
  #history: RestartHistory = freshHistory;
  #restarts = 0;
  #outdated = false;

  constructor(options: KeptSlotOptions) {
    this.kind = options.kind;
    this.id = options.id;
    this.#options = options;
  }

  /** Started by another version of Turnout, or with settings that no longer hold. */
  get isOutdated(): boolean {
    return this.#outdated;
  }

  /** The processes that are this slot's own, whatever the records say. */
  get identities(): readonly ProcessIdentity[] {
    const state = this.#state;
    if (state.kind === 'kept') return [state.process.identity];
    if (state.kind !== 'replacing') return [];
    return [state.old, state.fresh].flatMap((kept) => (kept === null ? [] : [kept.identity]));
  }

  /** Adopts the process that stands here already, or starts one. */
  begin(record: ProcessRecord | undefined): void {
    if (record === undefined) return this.#launch();
    this.#outdated = record.turnout !== version || record.settings !== this.#options.settings;
    this.#restarts = record.restarts;
    this.#note('process.adopted', `pid ${record.pid}`);
    this.#keep(adoptProcess(record, this.#options.clock));
  }

  /**
   * Puts a new process in the place of the present one without losing a request; false when the new
   * one did not come up. Does nothing while it is down: what is started next is new.
   */
  async replace(): Promise<boolean> {
    const state = this.#state;
    if (state.kind !== 'kept') return true;
    const old = state.process;
    this.#state = { kind: 'replacing', old, fresh: null };
    // There can be one controller only, and nothing waits for it; a worker's place is never empty.
    const fresh = this.kind === 'controller' ? await this.#stopThenStart(old) : this.#start();
    if (this.#isReleased()) return true;
    this.#state = { kind: 'replacing', old, fresh };
    if (await this.#becameReady(fresh)) {
      this.#outdated = false;
      this.#note('process.replaced', `pid ${old.identity.pid} by ${fresh.identity.pid}`);
      this.#keep(fresh);
      await this.#letGoOf(old);
      return true;
    }
    this.#note('process.replacement-failed', `the new one did not serve in ${readyWithinMs} ms`);
    await stopProcesses([fresh.identity], 0, this.#waiting());
    if (!this.#isReleased()) this.#keep(old);
    return false;
  }

  /** Lets go: whatever runs goes on without us. */
  release(): void {
    if (this.#state.kind === 'waiting') this.#state.timer.cancel();
    this.#state = { kind: 'released' };
  }

  #launch(): void {
    const fresh = this.#start();
    this.#note('process.started', `pid ${fresh.identity.pid}`);
    this.#keep(fresh);
  }

  #start(): KeptProcess {
    const { program, root, logFile, clock } = this.#options;
    const words = [root, this.id, String(this.#restarts)];
    return launchProcess({
      program,
      arguments: words,
      directory: root,
      logFile,
      clock,
    });
  }

  /**
   * Connections through a link may be open for hours: the process that is replaced takes no more of
   * them and ends by itself with its last one.
   */
  async #letGoOf({ identity }: KeptProcess): Promise<void> {
    if (this.kind === 'links') signalProcess(identity, 'SIGTERM');
    else await stopProcesses([identity], drainMs, this.#waiting());
  }

  async #stopThenStart(old: KeptProcess): Promise<KeptProcess> {
    await stopProcesses([old.identity], drainMs, this.#waiting());
    return this.#start();
  }

  #keep(kept: KeptProcess): void {
    this.#state = { kind: 'kept', process: kept };
    void kept.gone.then((how) => this.#onGone(kept, how));
  }

  async #onGone(kept: KeptProcess, how: string): Promise<void> {
    if (this.#state.kind !== 'kept' || this.#state.process !== kept) return;
    const ranForMs = this.#options.clock.monotonicMs() - kept.sinceMs;
    const { history, delayMs, crashLoop } = decideRestart(this.#history, ranForMs);
    this.#history = history;
    this.#restarts += 1;
    const timer = this.#options.clock.after(delayMs, () => this.#launch());
    this.#state = { kind: 'waiting', timer };
    this.#note('process.died', `pid ${kept.identity.pid}: ${how}`);
    if (crashLoop !== 'begins') return;
    const lines = await this.#options.lastLines();
    this.#note('process.crash-looping', `it keeps dying; see ${this.#options.logFile}`, lines);
  }

  async #becameReady(fresh: KeptProcess): Promise<boolean> {
    const { state, clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + readyWithinMs;
    while (clock.monotonicMs() < deadlineMs && isRunning(fresh.identity)) {
      const records = await livingProcesses(state);
      const own = records.find((record) => record.pid === fresh.identity.pid);
      if (own?.state === 'running') return true;
      await clock.sleep(pollMs);
    }
    return false;
  }

  #isReleased(): boolean {
    return this.#state.kind === 'released';
  }

  #waiting(): { readonly clock: Clock; readonly immediately: AbortSignal } {
    return { clock: this.#options.clock, immediately: never };
  }

  #note(kind: string, why: string, lines: readonly string[] = []): void {
    const data = lines.length === 0 ? {} : { data: { lastLines: lines } };
    this.#options.note({ kind, subject: this.id, who: 'keeper', why, ...data });
  }
}
