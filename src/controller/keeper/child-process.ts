import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { isRunning, readProcessIdentity } from '../../lib/process-identity.ts';
import type { Clock } from '../../ports/clock/port.ts';

/** One of our processes, started by this keeper or adopted from an earlier one. */
export interface KeptProcess {
  readonly identity: ProcessIdentity;
  /** When it started, by the clock's monotonic time; for an adopted one, when it was adopted. */
  readonly sinceMs: number;
  /** Resolves when it is gone, with what is known of how. */
  readonly gone: Promise<string>;
}

/** How soon the death of an adopted process is seen: it is not our child, so nobody tells us. */
const adoptedPollMs = 50;

export interface LaunchOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  /** Where it runs: a folder that is there for as long as it does. */
  readonly directory: string;
  readonly logFile: string;
  readonly clock: Clock;
}

/**
 * Starts a process in a session of its own, its output going straight to its log: it lives on when
 * we die, gets no Ctrl-C meant for us, and never writes to a pipe that nobody reads.
 */
export function launchProcess(options: LaunchOptions): KeptProcess {
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(process.execPath, [options.program, ...options.arguments], {
    cwd: options.directory,
    detached: true,
    stdio: ['ignore', log, log],
    // Node.js compiles and strips types once, not at every start.
    env: { NODE_COMPILE_CACHE: getCompileCacheDir(), ...process.env },
  });
  closeSync(log);
  child.unref();
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const pid = child.pid ?? -1;
  const identity = readProcessIdentity(pid) ?? { pid, startTicks: -1 };
  return { identity, sinceMs: options.clock.monotonicMs(), gone };
}

/** Keeps an eye on a process that an earlier keeper started. */
export function adoptProcess(identity: ProcessIdentity, clock: Clock): KeptProcess {
  const gone = new Promise<string>((resolve) => {
    const timer = clock.every(adoptedPollMs, () => {
      if (isRunning(identity)) return;
      timer.cancel();
      resolve('unknown, it was adopted');
    });
  });
  return { identity, sinceMs: clock.monotonicMs(), gone };
}
