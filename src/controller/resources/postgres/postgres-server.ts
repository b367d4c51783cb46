import { realpath } from 'node:fs/promises';
import { TurnoutError } from '../../../lib/errors.ts';
import { isRunning, signalProcess } from '../../../lib/process-identity.ts';
import { rotateLog } from '../../../lib/rotate-log.ts';
import { findRunningServer, recoverData } from './running-server.ts';
import type { JsonValue } from '../../../lib/json.ts';
import type { Log } from '../../../lib/log.ts';
import type { ProcessIdentity } from '../../../lib/process-identity.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import type { RecordResource } from './resource-recorder.ts';
import type { PostgresCluster } from './postgres-cluster.ts';

export interface PostgresServerOptions {
  /** The member of the resource that it is. */
  readonly member: string;
  readonly cluster: PostgresCluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: RecordResource;
}

type ServerStanding =
  | { readonly kind: 'down'; readonly reason: string | null; readonly sinceMs: number }
  | { readonly kind: 'starting'; readonly sinceMs: number }
  | {
      readonly kind: 'up';
      readonly process: ProcessIdentity;
      readonly port: number;
      readonly sinceMs: number;
    };

const watchMs = 200;
const tidyLogMs = 10_000;
/** Recovery of a large log after a crash takes its time. */
const startLimitMs = 300_000;
const fastShutdownMs = 30_000;
const immediateShutdownMs = 5_000;
/** It says in its lock file that it shuts down, as the first thing it does then. */
const reactsWithinMs = { stop: 5_000, fence: 3_000 };
const restartFirstMs = 200;
const restartLimitMs = 30_000;
/** Up that long, it counts as well again. */
const steadyMs = 10_000;

/** One PostgreSQL server kept up: adopted where it runs, started where it does not. */
export class PostgresServer {
  readonly cluster: PostgresCluster;
  readonly #options: PostgresServerOptions;
  #closing = new AbortController();
  #standing: ServerStanding;
  #watching: Promise<void> = Promise.resolve();
  #tidying: Timer | null = null;

  constructor(options: PostgresServerOptions) {
    this.#options = options;
    this.cluster = options.cluster;
    this.#standing = { kind: 'down', reason: null, sinceMs: options.clock.monotonicMs() };
  }

  get standing(): ServerStanding {
    return this.#standing;
  }

  /**
   * Resolves once it takes connections; from then on, and also after a failure, a server that is
   * down is started again on the same port, with growing pauses. Rejects with
   * `postgres-start-failed`.
   */
  async start(port: number): Promise<void> {
    await this.close();
    const { clock } = this.#options;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    this.#standing = { kind: 'starting', sinceMs: clock.monotonicMs() };
    const first = this.#bringUp(port, signal).catch((error: unknown) => {
      this.#goDown((error as Error).message);
      throw error;
    });
    this.#watching = first
      .catch(() => undefined)
      .then(() => this.#watch(port, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    this.#tidying = clock.every(tidyLogMs, () => void rotateLog(this.cluster.logFile));
    await first;
  }

  /**
   * Shuts it down (committed data are safe, clients are disconnected, replicas get all there is)
   * and resolves once nothing works on its data any more; false when there was nothing to stop.
   *
   * One that hangs, and does not even begin to shut down within 5 s, is killed with all that works
   * for it. Nothing is lost by that: what it acknowledged is in its log on disk. One that does
   * begin gets its time, for an orderly end is what brings the last to a replica.
   */
  stop(): Promise<boolean> {
    return this.#stop('stop');
  }

  /** The same, within 3 s, for one that is to be a server no more: others wait to take over. */
  fence(): Promise<boolean> {
    return this.#stop('fence');
  }

  async #stop(what: keyof typeof reactsWithinMs): Promise<boolean> {
    const watched = this.#standing.kind === 'up' ? this.#standing : null;
    await this.close();
    const dataFolder = await realpath(this.cluster.dataFolder).catch(() => null);
    // The one we know is stopped even when somebody has taken its folder away.
    const running = watched ?? (dataFolder === null ? null : await findRunningServer(dataFolder));
    if (running === null) {
      // One that was being started as we let go of it has no lock yet, and would come up unwatched.
      if (what === 'fence' && dataFolder !== null) await recoverData(dataFolder);
      return false;
    }
    const ways = [
      ['SIGINT', fastShutdownMs],
      ['SIGQUIT', immediateShutdownMs],
      ['SIGKILL', immediateShutdownMs],
    ] as const;
    signalProcess(running.process, 'SIGINT');
    const hangs =
      dataFolder !== null &&
      !(await this.#reacts(running.process, dataFolder, reactsWithinMs[what]));
    const { log, member } = this.#options;
    if (hangs)
      log.progress(`PostgreSQL ${member} hangs, and is killed; what it acknowledged is kept`);
    for (const [signal, limitMs] of hangs ? ways.slice(-1) : ways) {
      signalProcess(running.process, signal);
      if (await this.#goneWithin(running.process, limitMs)) break;
    }
    // The children of one that hangs hang too, and do not see that it is dead.
    if (dataFolder !== null) await recoverData(dataFolder, hangs ? 0 : undefined);
    await this.#record('resource.stopped', hangs ? 'it hung, and was killed' : null, {});
    return true;
  }

  async #reacts(process: ProcessIdentity, dataFolder: string, limitMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + limitMs;
    while (isRunning(process)) {
      if ((await findRunningServer(dataFolder))?.stopping === true) return true;
      if (clock.monotonicMs() > deadlineMs) return false;
      await clock.sleep(10);
    }
    return true;
  }

  /** Stops watching and leaves it running. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the server is not watched any more'));
    this.#tidying?.cancel();
    await this.#watching;
    this.#goDown('not watched');
  }

  #goDown(reason: string): void {
    const { kind, sinceMs } = this.#standing;
    const since = kind === 'down' ? sinceMs : this.#options.clock.monotonicMs();
    this.#standing = { kind: 'down', reason, sinceMs: since };
  }

  /** Adopts or starts the server and waits until it takes connections. */
  async #bringUp(port: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { cluster } = this;
    const startedMs = clock.monotonicMs();
    const adopted = await findRunningServer(cluster.dataFolder);
    if (adopted === null) await recoverData(cluster.dataFolder);
    signal.throwIfAborted();
    const server = adopted?.process ?? (await cluster.start(port));
    let found = adopted;
    while (found?.ready !== true) {
      const late = clock.monotonicMs() - startedMs > startLimitMs;
      if (server === null || !isRunning(server) || late) throw await this.#startFailed();
      await clock.sleep(10, signal);
      found = await findRunningServer(cluster.dataFolder);
    }
    const { process, port: boundPort } = found;
    signal.throwIfAborted();
    this.#standing = { kind: 'up', process, port: boundPort, sinceMs: clock.monotonicMs() };
    await this.#record(adopted === null ? 'resource.started' : 'resource.adopted', null, {
      pid: process.pid,
      port: boundPort,
      afterMs: Math.round(clock.monotonicMs() - startedMs),
    });
  }

  /** Sees the server die and starts it again, at once the first time, then with growing pauses. */
  async #watch(port: number, signal: AbortSignal): Promise<void> {
    const { clock, log, member } = this.#options;
    let pauseMs = this.#standing.kind === 'up' ? 0 : restartFirstMs;
    for (;;) {
      await clock.sleep(watchMs, signal);
      if (this.#standing.kind === 'up') {
        if (clock.monotonicMs() - this.#standing.sinceMs > steadyMs) pauseMs = 0;
        if (isRunning(this.#standing.process)) continue;
        const lastLines = await this.cluster.lastLines(20);
        this.#goDown('the server died');
        await this.#record('resource.died', 'the server died', { lastLines: [...lastLines] });
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(restartLimitMs, Math.max(restartFirstMs, pauseMs * 2));
      try {
        await this.#bringUp(port, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#goDown((error as Error).message);
        log.error('postgres does not start', { member, error: (error as Error).message });
      }
    }
  }

  async #goneWithin(process: ProcessIdentity, limitMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + limitMs;
    while (isRunning(process)) {
      if (clock.monotonicMs() > deadlineMs) return false;
      await clock.sleep(10);
    }
    return true;
  }

  async #startFailed(): Promise<TurnoutError> {
    const lines = await this.cluster.lastLines(8);
    return new TurnoutError(
      'postgres-start-failed',
      `PostgreSQL ${this.#options.member} does not start:\n    ${lines.join('\n    ')}`,
      `Mend what its last lines name; all of them are in ${this.cluster.logFile}.`,
    );
  }

  #record(
    kind: string,
    why: string | null,
    data: Readonly<Record<string, JsonValue>>,
  ): Promise<void> {
    return this.#options.record(kind, why, { member: this.#options.member, ...data });
  }
}
