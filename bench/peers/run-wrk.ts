import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cores } from './server.ts';

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Answers other than 2xx and 3xx, and connections that failed. */
  readonly errors: number;
}

export interface WrkOptions {
  readonly connections: number;
  readonly seconds: number;
  /** False makes a new connection for each request; kept where it is not said. */
  readonly isKept?: boolean;
  /** Headers of every request, each `Name: value`. */
  readonly headers?: readonly string[];
  /** Whether each asks for another address. */
  readonly isEachAnother?: boolean;
  /** A script that says what is asked, in place of a GET of the address. */
  readonly script?: string;
}

const eachAnother = join(import.meta.dirname, 'each-another.lua');

/**
 * Keeps `connections` keep-alive connections busy with one request after the other, from the core
 * of the load.
 */
export async function runWrk(url: string, options: WrkOptions): Promise<LoadResult> {
  const { connections, seconds, isKept = true, headers = [], isEachAnother } = options;
  const load = ['wrk', '--latency', '-t1', `-c${connections}`, `-d${seconds}s`];
  if (!isKept) load.push('-H', 'Connection: close');
  for (const line of headers) load.push('-H', line);
  if (isEachAnother) load.push('-s', eachAnother);
  if (options.script !== undefined) load.push('-s', options.script);
  load.push(url);
  const { stdout } = await promisify(execFile)('taskset', ['-c', String(cores.load), ...load]);
  const [, requests] = /(\d+) requests in/.exec(stdout) ?? [];
  const [, perSecond] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  if (requests === undefined || perSecond === undefined) {
    throw new Error(`wrk gave no result for ${url}:\n${stdout}`);
  }
  const failures = [...stdout.matchAll(/(?:connect|read|write|timeout|responses:) (\d+)/g)];
  return {
    requests: Number(requests),
    perSecond: Number(perSecond),
    p99Ms: Number(p99) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1),
    errors: failures.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}
