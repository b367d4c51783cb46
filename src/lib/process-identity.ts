import { readFileSync } from 'node:fs';

/**
 * A process and not merely a number: the kernel reuses pids, but never a pid with the same start
 * time.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: number;
}

/** The identity of a living process, or null when there is none; a zombie is dead. */
export function readProcessIdentity(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat === null || stat.dead ? null : { pid, startTicks: stat.startTicks };
}

/** The identity of this process. */
export function ownProcessIdentity(): ProcessIdentity {
  const own = readProcessIdentity(process.pid);
  if (own === null) throw new Error('/proc is not mounted: Turnout cannot tell processes apart');
  return own;
}

/**
 * Whether exactly this process still runs: neither gone, nor a zombie, nor another one under its
 * pid.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  return readProcessIdentity(identity.pid)?.startTicks === identity.startTicks;
}

/** Signals exactly this process; false when it no longer runs. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * The identity in one line of /proc/PID/stat, as a process may have kept it of itself; null when it
 * is cut short.
 */
export function parseProcessIdentity(stat: string): ProcessIdentity | null {
  const pid = Number.parseInt(stat, 10);
  const startTicks = Number(fieldsAfterName(stat)[19]);
  return Number.isInteger(pid) && Number.isInteger(startTicks) ? { pid, startTicks } : null;
}

function readStat(pid: number): { readonly startTicks: number; readonly dead: boolean } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  const fields = fieldsAfterName(text);
  const state = fields[0];
  return { startTicks: Number(fields[19]), dead: state === 'Z' || state === 'X' };
}

/** The second field is the command in parentheses and may itself hold spaces and parentheses. */
function fieldsAfterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
