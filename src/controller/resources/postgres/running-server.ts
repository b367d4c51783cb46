import { constants } from 'node:fs';
import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openPlainFile } from '../../../lib/open-plain-file.ts';
import { readProcessIdentity } from '../../../lib/process-identity.ts';
import type { ProcessIdentity } from '../../../lib/process-identity.ts';

/** A PostgreSQL server as its own lock file shows it, whoever started it. */
export interface RunningServer {
  readonly process: ProcessIdentity;
  readonly port: number;
  /** It takes connections. */
  readonly ready: boolean;
  /** It was told to shut down, and does. */
  readonly stopping: boolean;
}

/** After that, what still works for a dead server is killed. */
const workersLimitMs = 10_000;
/** More than a lock file ever has. */
const lockBytes = 8_192;

/** Whether there is a cluster in that folder. */
export function hasCluster(dataFolder: string): Promise<boolean> {
  return stat(join(dataFolder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/** The server that runs on that data; null when none does. */
export async function findRunningServer(dataFolder: string): Promise<RunningServer | null> {
  const lock = await readLock(dataFolder);
  if (lock === null || !(await worksOn(dataFolder, lock.pid))) return null;
  const process = readProcessIdentity(lock.pid);
  return process === null
    ? null
    : { process, port: lock.port, ready: lock.ready, stopping: lock.stopping };
}

/**
 * Makes data free to start on after a crash. The children of a dead server end by themselves and
 * are waited for. A lock whose number now belongs to another process would keep PostgreSQL from
 * starting: it is removed, which is safe only because nobody works on the data any more.
 */
export async function recoverData(dataFolder: string, limitMs = workersLimitMs): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const workers = await findWorkers(dataFolder);
    if (workers.length === 0) break;
    if (performance.now() > deadlineMs) for (const pid of workers) process.kill(pid, 'SIGKILL');
    await delay(20);
  }
  await rm(lockFile(dataFolder), { force: true });
}

function lockFile(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}

/** Lines: pid, data folder, start time, port, socket folder, address, shared memory, status. */
async function readLock(
  dataFolder: string,
): Promise<(Omit<RunningServer, 'process'> & { readonly pid: number }) | null> {
  const text = await readHead(lockFile(dataFolder)).catch(() => '');
  const lines = text.split('\n');
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isInteger(pid) || pid === 0) return null;
  const status = lines[7]?.trim();
  return {
    pid,
    port: Number(lines[3]),
    ready: status === 'ready',
    stopping: status === 'stopping',
  };
}

/** The account of the server can have put a pipe there, which would be waited for, or a link. */
async function readHead(file: string): Promise<string> {
  const handle = await openPlainFile(file, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(lockBytes), 0, lockBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Every process of a server has its data folder as working directory, and a pid alone could be
 * anybody's.
 */
async function worksOn(dataFolder: string, pid: number): Promise<boolean> {
  return (await readlink(`/proc/${pid}/cwd`).catch(() => null)) === dataFolder;
}

async function findWorkers(dataFolder: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const working = await Promise.all(
    pids.map(async (pid) => (await worksOn(dataFolder, pid)) && readProcessIdentity(pid) !== null),
  );
  return pids.filter((_, index) => working[index]);
}
