import { readdirSync, readFileSync } from 'node:fs';

/**
 * What a process and all its descendants have used; threads are in it, because /proc/PID/stat
 * counts them.
 */
export interface ProcessCost {
  /** In its own code. */
  readonly userMs: number;
  /** In the kernel on its behalf. */
  readonly systemMs: number;
  readonly residentBytes: number;
}

/** `getconf CLK_TCK` and `PAGESIZE`: fixed on every Linux that Node.js 26 runs on. */
const tickMs = 10;
const pageBytes = 4_096;

export function processCost(pid: number): ProcessCost {
  let userMs = 0;
  let systemMs = 0;
  let residentBytes = 0;
  for (const stat of familyOf(pid)) {
    userMs += stat.userTicks * tickMs;
    systemMs += stat.systemTicks * tickMs;
    residentBytes += stat.residentPages * pageBytes;
  }
  return { userMs, systemMs, residentBytes };
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly residentPages: number;
}

function familyOf(pid: number): Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== null);
  const family = all.filter((stat) => stat.pid === pid);
  for (const member of family) family.push(...all.filter((stat) => stat.parent === member.pid));
  return family;
}

/**
 * Null when the process has gone meanwhile. The name in brackets may hold spaces: fields count from
 * behind it.
 */
function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (position: number): number => Number(fields[position - 3]);
  return {
    pid,
    parent: number(4),
    userTicks: number(14),
    systemTicks: number(15),
    residentPages: number(24),
  };
}
