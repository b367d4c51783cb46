import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';

export interface BuildCommand {
  readonly command: string;
  readonly directory: string;
  readonly displayDirectory: string;
  readonly timeoutMs: number;
}

const keptBytes = 64 * 1024;
const shownLines = 20;

/**
 * Runs a service's own build through `sh` in its folder, with the developer's environment and our
 * Node.js first on the PATH. Rejects with `release-command-failed` or `release-command-timeout` and
 * the last lines it printed.
 */
export async function runBuildCommand(build: BuildCommand): Promise<void> {
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn('/bin/sh', ['-c', build.command], {
    cwd: build.directory,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-keptBytes);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, build.timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(timer));
  if (timedOut) {
    throw new TurnoutError(
      'release-command-timeout',
      `\`${build.command}\` in ${build.displayDirectory} was not done after ${build.timeoutMs / 1000} s.${tail(output)}`,
      'Run it by hand to see what it waits for; a build must end by itself and ask nothing.',
    );
  }
  if (code !== 0) {
    throw new TurnoutError(
      'release-command-failed',
      `\`${build.command}\` in ${build.displayDirectory} failed with exit code ${code ?? 'none'}.${tail(output)}`,
      'Mend what its last lines name; the command runs in the folder of service.yaml.',
    );
  }
}

function tail(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-shownLines).filter(Boolean);
  return lines.length === 0 ? ' It printed nothing.' : `\n    ${lines.join('\n    ')}`;
}
