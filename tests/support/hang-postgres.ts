import { readdir, readlink } from 'node:fs/promises';

/**
 * Makes every process of the server on these data hang, as a machine does whose disk answers no
 * more: connections stay open, and nothing is said. Returns what lets those go on that are left.
 */
export async function hangPostgres(dataFolder: string): Promise<() => void> {
  const stopped: number[] = [];
  // A server may be starting a process while it is stopped: the second look finds that one.
  for (let looks = 0; looks < 2; looks += 1) {
    for (const pid of await processesOn(dataFolder)) {
      process.kill(pid, 'SIGSTOP');
      stopped.push(pid);
    }
  }
  return () => {
    for (const pid of new Set(stopped)) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
}

async function processesOn(dataFolder: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const folders = await Promise.all(
    pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)),
  );
  return pids.filter((_, index) => folders[index] === dataFolder);
}
