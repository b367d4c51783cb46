// Plain JavaScript that runs on any Node.js. A global installation, a systemd unit written by hand
// or a path typed out start us with the machine's own Node.js; the pinned one lies in our
// dependencies.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const needed = 26;
/** Set for the process that is started, so that a pinned one that is too old starts no third. */
const mark = 'TURNOUT_PINNED_NODE';

/** The Node.js that npm installed with this package; null when its install script did not run. */
function findPinnedNode() {
  try {
    const file = createRequire(import.meta.url).resolve('node/package.json');
    const program = join(dirname(file), 'bin', 'node');
    return existsSync(program) ? program : null;
  } catch {
    return null;
  }
}

/**
 * Runs this command again with the pinned Node.js when the one at hand is too old, and takes over
 * its end: signals go to it, and its exit code becomes ours. False when there is no need or no way.
 */
export function runsWithPinnedNode() {
  const found = Number(process.versions.node.split('.')[0]);
  if (found >= needed || process.env[mark] !== undefined) {
    // What is started from here on may have a Node.js of its own.
    delete process.env[mark];
    return false;
  }
  const program = findPinnedNode();
  if (program === null) return false;
  const words = [...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, [mark]: program };
  const child = spawn(program, words, { stdio: 'inherit', env });
  child.on('error', (error) => {
    process.stderr.write(`turnout: ${program} does not start: ${error.message}\n`);
    process.exit(78);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  return true;
}
