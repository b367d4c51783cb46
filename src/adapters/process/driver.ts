import { TurnoutError } from '../../lib/errors.ts';
import { lastLines } from '../../lib/last-lines.ts';
import { isRunning, signalProcess } from '../../lib/process-identity.ts';
import { InstanceRecords, currentBoot } from './instance-records.ts';
import { spawnInstance } from './spawn-instance.ts';
import type { ChildProcess } from 'node:child_process';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type {
  Driver,
  InstanceExit,
  InstanceSpec,
  RunningInstance,
} from '../../ports/driver/port.ts';
import type { InstanceRecord } from './instance-records.ts';
import type { SpawnedInstance } from './spawn-instance.ts';

export interface ProcessDriverOptions {
  /** Where the records of instances are kept; one driver at a time works on it. */
  readonly folder: string;
  readonly clock: Clock;
}

/** How soon the end of an adopted process is seen; our own children tell at once. */
const pollMs = 50;
/** How long a process may take to register before its start is declared void. */
const registrationMs = 5_000;
/** After SIGKILL only the kernel can hold a process up; then we say so and do not hang. */
const killedWithinMs = 10_000;

const unseen: InstanceExit = { code: null, signal: null };

/**
 * Instances as processes of this machine, each in a session of its own, found again by pid and
 * start time.
 */
export function createProcessDriver(options: ProcessDriverOptions): Driver {
  return new ProcessDriver(options);
}

/** A process that this driver started itself, whose end the kernel tells us. */
interface OwnChild {
  readonly child: ChildProcess;
  readonly exit: Promise<InstanceExit>;
  /** Only while somebody waits for it does it keep our own process alive. */
  waiters: number;
}

class ProcessDriver implements Driver {
  readonly #records: InstanceRecords;
  readonly #clock: Clock;
  readonly #boot = currentBoot();
  readonly #children = new Map<string, OwnChild>();
  /** Ends that are being written down. */
  readonly #recordings = new Map<string, Promise<void>>();

  constructor(options: ProcessDriverOptions) {
    this.#records = new InstanceRecords(options.folder);
    this.#clock = options.clock;
  }

  async start(spec: InstanceSpec): Promise<RunningInstance> {
    if (!/^[a-z0-9][a-z0-9-]{0,99}$/.test(spec.id)) {
      throw startFailed(spec, `\`${spec.id}\` is not a name for an instance`);
    }
    const { environment: _secret, ...kept } = spec;
    const intent = { ...kept, startedAtMs: this.#clock.nowMs(), boot: this.#boot };
    if (!(await this.#records.create(intent))) {
      throw startFailed(spec, 'there is an instance of that id already');
    }
    let spawned: SpawnedInstance;
    try {
      const { id } = spec;
      const records = this.#records;
      spawned = await spawnInstance(spec, records.processFile(id), records.codeFile(id));
    } catch (error) {
      await this.#records.remove(spec.id);
      throw startFailed(spec, (error as Error).message, error);
    }
    const exit = this.#afterExit(spec.id, spawned);
    this.#children.set(spec.id, { child: spawned.child, exit, waiters: 0 });
    return describe(await this.#settled(spec.id), true);
  }

  async list(): Promise<readonly RunningInstance[]> {
    const found = await Promise.all(
      (await this.#records.ids()).map(async (id) => {
        const record = await this.#read(id);
        if (record !== null) return describe(record, this.#alive(record) !== null);
        // A power cut has taken its record, and with the machine its process.
        await this.#records.remove(id);
        return null;
      }),
    );
    return found.filter((instance) => instance !== null);
  }

  async waitForExit(id: string, signal?: AbortSignal): Promise<InstanceExit> {
    const own = this.#children.get(id);
    if (own !== undefined) return waitForChild(own, signal);
    const record = await this.#known(id);
    const process = this.#alive(record);
    if (process === null) return record.exit ?? unseen;
    while (isRunning(process)) await this.#clock.sleep(pollMs, signal);
    killGroup(process.pid);
    if (record.intent.keepsExit !== true) return unseen;
    return (await this.#records.read(id))?.exit ?? unseen;
  }

  async stop(id: string, graceMs: number): Promise<InstanceExit> {
    const record = await this.#known(id);
    const process = this.#alive(record);
    if (process === null) return this.waitForExit(id);
    signalProcess(process, 'SIGTERM');
    const inTime = await this.#exitWithin(id, graceMs);
    if (inTime !== null) return inTime;
    killGroup(process.pid);
    const killed = await this.#exitWithin(id, killedWithinMs);
    if (killed !== null) return killed;
    throw new TurnoutError(
      'driver-stop-failed',
      `Instance ${id} (pid ${process.pid}) still runs ${killedWithinMs} ms after SIGKILL.`,
      'It waits inside the kernel, most often for a disk or network file system: look at `cat /proc/PID/stack` as root.',
    );
  }

  async forget(id: string): Promise<void> {
    const record = await this.#records.read(id);
    if (record !== null && this.#alive(record) !== null) {
      throw new TurnoutError(
        'driver-instance-running',
        `Instance ${id} still runs (pid ${this.#alive(record)?.pid}).`,
        'Stop it before it is forgotten.',
      );
    }
    await this.#recordings.get(id);
    this.#recordings.delete(id);
    this.#children.delete(id);
    await this.#records.remove(id);
  }

  async lastLines(id: string, limit: number): Promise<readonly string[]> {
    const record = await this.#records.read(id);
    return record === null ? [] : lastLines(record.intent.logFile, limit);
  }

  async #afterExit(id: string, { child, exit }: SpawnedInstance): Promise<InstanceExit> {
    const how = await exit;
    // What it started must not outlive it: it would hold its port.
    if (child.pid !== undefined) killGroup(child.pid);
    this.#recordings.set(id, this.#recordExit(id, how));
    return how;
  }

  /** For a later driver; when the disk refuses it, that one says the end was not seen. */
  async #recordExit(id: string, exit: InstanceExit): Promise<void> {
    await this.#records.writeExit(id, exit).catch(() => undefined);
  }

  async #exitWithin(id: string, ms: number): Promise<InstanceExit | null> {
    const limit = new AbortController();
    const timer = this.#clock.after(ms, () => limit.abort());
    try {
      return await this.waitForExit(id, limit.signal);
    } catch (error) {
      if (limit.signal.aborted) return null;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  async #known(id: string): Promise<InstanceRecord> {
    const record = await this.#read(id);
    if (record !== null) return record;
    throw new TurnoutError(
      'driver-instance-unknown',
      `There is no instance ${id}.`,
      'See `turnout status` for those there are.',
    );
  }

  /**
   * The record with its registration decided: a start that a dead driver left half done is waited
   * for, then made void.
   */
  async #read(id: string): Promise<InstanceRecord | null> {
    const record = await this.#records.read(id);
    if (record === null || record.registration.kind !== 'pending') return record;
    if (record.intent.boot !== this.#boot) return record;
    return this.#settled(id);
  }

  async #settled(id: string): Promise<InstanceRecord> {
    const deadlineMs = this.#clock.monotonicMs() + registrationMs;
    for (;;) {
      const record = await this.#records.read(id);
      if (record === null)
        throw new Error(`the record of instance ${id} was removed while it started`);
      if (record.registration.kind !== 'pending' || record.exit !== null) return record;
      if (this.#clock.monotonicMs() >= deadlineMs) {
        await this.#records.makeVoid(id);
        return { ...record, registration: { kind: 'void' } };
      }
      await this.#clock.sleep(2);
    }
  }

  #alive(record: InstanceRecord): ProcessIdentity | null {
    if (record.registration.kind !== 'registered' || record.exit !== null) return null;
    if (record.intent.boot !== this.#boot) return null;
    return isRunning(record.registration.process) ? record.registration.process : null;
  }
}

function describe({ intent, registration }: InstanceRecord, alive: boolean): RunningInstance {
  return {
    id: intent.id,
    service: intent.service,
    release: intent.release,
    address: `127.0.0.1:${intent.port}`,
    pid: registration.kind === 'registered' ? registration.process.pid : null,
    startedAtMs: intent.startedAtMs,
    alive,
    logFile: intent.logFile,
  };
}

async function waitForChild(own: OwnChild, signal?: AbortSignal): Promise<InstanceExit> {
  own.waiters += 1;
  own.child.ref();
  try {
    return await (signal === undefined ? own.exit : raceAbort(own.exit, signal));
  } finally {
    own.waiters -= 1;
    if (own.waiters === 0) own.child.unref();
  }
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * The session's leader was ours, and the kernel gives no new process its pid while any of its group
 * lives.
 */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function startFailed(spec: InstanceSpec, message: string, cause?: unknown): TurnoutError {
  return new TurnoutError(
    'driver-start-failed',
    `Cannot start instance ${spec.id} of ${spec.service} in ${spec.directory}: ${message}.`,
    'Look at the reason above; the release directory must exist and be readable.',
    { cause },
  );
}
