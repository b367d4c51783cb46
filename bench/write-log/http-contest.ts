import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { runWrk } from '../peers/run-wrk.ts';
import { cores } from '../peers/server.ts';

/** Who answers 202 to writes over HTTP, in a process on the core of servers. */
export interface HttpContestant {
  /** Writes answered a second, while so many wait at a time. */
  perSecond(waiters: number, seconds: number): Promise<number>;
  close(): Promise<void>;
}

const program = fileURLToPath(new URL('./http-process.ts', import.meta.url));
const script = join(import.meta.dirname, 'gifts.lua');

export async function startHttp(kind: 'bare' | 'gateway', folder: string): Promise<HttpContestant> {
  const own = join(folder, `http-${kind}`);
  mkdirSync(own);
  const command = ['-c', String(cores.server), process.execPath, program, kind, own];
  const child = spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  // One that outlived a measurement that was cut short would disturb the next.
  process.once('exit', () => child.kill('SIGKILL'));
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error(`the server of ${kind} did not start`))),
  ])) as [string];
  return {
    async perSecond(waiters, seconds) {
      const result = await runWrk(url, { connections: waiters, seconds, script });
      if (result.errors > 0) throw new Error(`${kind} failed ${result.errors} writes`);
      return result.perSecond;
    },
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
