import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** No command takes that long; one that does must not hold up all tests. */
  readonly limitMs: number;
}

/**
 * Runs a program to its end, whatever comes of it; `code` is null when it was ended by a signal.
 */
export function runCommand(
  program: string,
  words: readonly string[],
  { env, cwd, limitMs }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((done, reject) => {
    const child = spawn(program, words, {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}
