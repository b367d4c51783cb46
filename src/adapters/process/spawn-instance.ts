import { spawn } from 'node:child_process';
import { access, mkdir, open } from 'node:fs/promises';
import { dirname, delimiter } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { InstanceExit, InstanceSpec } from '../../ports/driver/port.ts';

/**
 * The first act of every instance: it registers itself, then becomes the command. `set -C` creates
 * the file exclusively, so a start that a later driver has declared void ends here. Shell built-ins
 * only: nothing else is started.
 */
const launcher = `set -C
read -r stat </proc/self/stat && printf '%s\\n' "$stat" >"$1" || exit 125
set +C
shift
exec "$@"`;

/**
 * The same for one that keeps its exit: the shell stays, passes on the request to stop, and writes
 * down how the command ended. A `wait` that a signal interrupted is repeated.
 */
const keepingLauncher = `set -C
read -r stat </proc/self/stat && printf '%s\\n' "$stat" >"$1" || exit 125
code_file=$2
shift 2
trap 'kill -TERM "$child" 2>/dev/null' TERM
"$@" &
child=$!
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
printf '%s\\n' "$code" >"$code_file"
exit "$code"`;

/**
 * What any process needs from the machine, and nothing else of the environment that Turnout itself
 * was started with.
 */
const inherited = ['HOME', 'LANG', 'LC_ALL', 'LOGNAME', 'SHELL', 'TMPDIR', 'TZ', 'USER'];
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface SpawnedInstance {
  readonly child: ChildProcess;
  readonly exit: Promise<InstanceExit>;
}

/**
 * Starts the launcher in a session of its own, with nothing to read and its output going straight
 * into the log file: no end of any pipe is held by a process that may die.
 */
export async function spawnInstance(
  spec: InstanceSpec,
  processFile: string,
  codeFile: string,
): Promise<SpawnedInstance> {
  // Else the kernel would say that it cannot find the shell.
  await access(spec.directory);
  await mkdir(dirname(spec.logFile), { recursive: true, mode: 0o700 });
  const log = await open(spec.logFile, 'a', 0o600);
  try {
    const words = spec.keepsExit
      ? ['-c', keepingLauncher, 'turnout', processFile, codeFile, ...spec.command]
      : ['-c', launcher, 'turnout', processFile, ...spec.command];
    const child = spawn('/bin/sh', words, {
      cwd: spec.directory,
      env: { ...machineEnvironment(process.env, process.execPath), ...spec.environment },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    // Listened for at once: one may end before this function does.
    const exit = new Promise<InstanceExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { child, exit };
  } finally {
    await log.close();
  }
}

/** The folder of the Node.js that runs Turnout comes first, so that `node` means the pinned one. */
export function machineEnvironment(
  ours: NodeJS.ProcessEnv,
  nodeFile: string,
): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: [dirname(nodeFile), ours['PATH'] ?? defaultPath].join(delimiter),
  };
  for (const name of inherited) {
    const value = ours[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
