import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../src/lib/free-port.ts';

/** A server under measurement, on one core of its own. */
export interface BenchServer {
  readonly name: string;
  /** What the load asks for. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * How long caches keep an answer, with all servers: short, so that to fetch it again belongs to
 * what is measured.
 */
export const KEPT_SECONDS = 10;

/** Servers run on the one, the load and the origin on the other. */
export const cores = { server: 0, load: 1 } as const;

export interface ServerCommand {
  readonly name: string;
  readonly url: string;
  /** What tells that it is up, where it is not `url`. */
  readonly probe?: string;
  readonly core: number;
  /** Holds its configuration and its output. */
  readonly folder: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

const startTimeoutMs = 20_000;

/**
 * Starts a process pinned to a core; resolves once it answers 200, rejects with its last words when
 * it does not.
 */
export async function startServer(wanted: ServerCommand): Promise<BenchServer> {
  const outputFile = join(wanted.folder, `${wanted.name}.log`);
  const output = openSync(outputFile, 'a');
  const child = spawn('taskset', ['-c', String(wanted.core), ...wanted.command], {
    stdio: ['ignore', output, output],
    cwd: wanted.folder,
    env: { ...process.env, ...wanted.environment },
  });
  closeSync(output);
  endWithUs(child);
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  };
  const answers = await Promise.race([
    answers200(wanted.probe ?? wanted.url),
    exited.then(() => false),
  ]);
  if (!answers || child.pid === undefined) {
    await stop();
    const lastWords = readFileSync(outputFile, 'utf8').slice(-2_000);
    throw new Error(`${wanted.name} did not come up at ${wanted.url}:\n${lastWords}`);
  }
  return { name: wanted.name, url: wanted.url, pid: child.pid, stop };
}

/** Servers must not outlive a measurement that is cut short: they would disturb the next. */
function endWithUs(child: ChildProcess): void {
  if (!endsThem) {
    endsThem = true;
    process.once('exit', () => running.forEach((each) => each.kill('SIGKILL')));
    process.once('SIGINT', () => process.exit(130));
    process.once('SIGTERM', () => process.exit(143));
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
}

const running = new Set<ChildProcess>();
let endsThem = false;

async function answers200(url: string): Promise<boolean> {
  const givesUpMs = performance.now() + startTimeoutMs;
  while (performance.now() < givesUpMs) {
    const status = await fetch(url).then(
      async (answer) => (await answer.arrayBuffer(), answer.status),
      () => 0,
    );
    if (status === 200) return true;
    await sleep(50);
  }
  return false;
}

/** A port that was free a moment ago: peers cannot be asked to choose one and say which. */
export function freePort(): Promise<number> {
  return findFreePort(Math.random);
}
