import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenerUrl } from '../../src/contract/site-settings.ts';
import type { SiteSettings } from '../../src/contract/site-settings.ts';
import type { SiteStatus } from '../../src/contract/status.ts';
import { stateFolder } from '../../src/contract/state-folder.ts';
import type { StateFolder } from '../../src/contract/state-folder.ts';
import { readJsonFile } from '../../src/lib/json-file.ts';
import { runCommand, type CommandResult } from './run-command.ts';

const repository = resolve(import.meta.dirname, '../..');
const turnout = join(repository, 'bin/turnout.js');
const ownEnvironment = {
  PORT: '0',
  HTTPS_PORT: '0',
  INTERNAL_PORT: '0',
  CONSOLE_PORT: '0',
  TURNOUT_STATE: '',
  NO_COLOR: '1',
};
/** No command takes that long; one that does must not hold up all tests. */
const commandLimitMs = 90_000;

/** A site of real processes in a temporary folder, run by the real command. */
export interface TestSite {
  /** Folder with site.yaml. */
  readonly directory: string;
  readonly folder: StateFolder;
  /** Runs `turnout up --detach` with any ports; rejects unless it exits 0. */
  up(...options: string[]): Promise<CommandResult>;
  /** Runs `turnout COMMAND` on this site, whatever comes of it. */
  run(command: string, ...options: string[]): Promise<CommandResult>;
  /** The same with variables in its environment; ports are any unless given. */
  runWith(environment: NodeJS.ProcessEnv, ...words: string[]): Promise<CommandResult>;
  /** `http://127.0.0.1:…` of the data plane. */
  origin(): Promise<string>;
  console(): Promise<string>;
  /** What the API says, or `turnout status --json` while the controller is dead. */
  status(): Promise<SiteStatus>;
  /**
   * Waits until the status satisfies the test, and returns it; rejects with the last one after
   * `withinMs`.
   */
  until(
    what: string,
    test: (status: SiteStatus) => boolean,
    withinMs?: number,
  ): Promise<SiteStatus>;
  /**
   * Pid of a process of ours by its id: `keeper`, `controller`, `worker-1`; rejects when it does
   * not run.
   */
  pid(id: string): Promise<number>;
  write(path: string, text: string): Promise<void>;
  read(path: string): string;
  /** Takes the site down, kills whatever is left of it, and removes the folder. */
  close(): Promise<void>;
}

/** A site of the given files, by path; not up yet. */
export async function createSite(files: Readonly<Record<string, string>>): Promise<TestSite> {
  const directory = await mkdtemp(join(tmpdir(), 'turnout-site-'));
  const site = new ProcessSite(directory);
  for (const [path, text] of Object.entries(files)) await site.write(path, text);
  return site;
}

/**
 * A copy of a site of the repository, such as `examples/campaign`, which finds the repository's
 * packages; not up yet.
 */
export async function copySite(path: string): Promise<TestSite> {
  const directory = await mkdtemp(join(tmpdir(), 'turnout-site-'));
  await cp(join(repository, path), directory, {
    recursive: true,
    filter: (source) => !source.endsWith('/.turnout'),
  });
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  return new ProcessSite(directory);
}

class ProcessSite implements TestSite {
  readonly directory: string;
  readonly folder: StateFolder;

  constructor(directory: string) {
    this.directory = directory;
    this.folder = stateFolder(join(directory, '.turnout'));
  }

  async up(...options: string[]): Promise<CommandResult> {
    const result = await this.run('up', '--detach', ...options);
    if (result.code === 0) return result;
    throw new Error(`turnout up exited ${result.code}:\n${result.stdout}${result.stderr}`);
  }

  run(command: string, ...options: string[]): Promise<CommandResult> {
    return this.runWith({}, command, ...options);
  }

  runWith(
    environment: NodeJS.ProcessEnv,
    command = '',
    ...options: string[]
  ): Promise<CommandResult> {
    // Keys of secrets are made there: never beside those of the person who runs the tests.
    const own = { XDG_CONFIG_HOME: configHome(this.directory), ...environment };
    // Last, so that it reaches the command of a group too: `secret list`.
    return runCommand(process.execPath, [turnout, command, ...options, '--site', this.directory], {
      env: { ...process.env, ...ownEnvironment, ...own },
      limitMs: commandLimitMs,
    });
  }

  async origin(): Promise<string> {
    const { addresses } = await this.until(
      'a worker listens',
      (now) => now.addresses.site !== null,
    );
    return addresses.site ?? '';
  }

  async console(): Promise<string> {
    const { addresses } = await this.until(
      'the console listens',
      (now) => now.addresses.console !== null,
    );
    return addresses.console ?? '';
  }

  async status(): Promise<SiteStatus> {
    const quick = await askConsole(this.folder);
    if (quick !== null) return quick;
    const { code, stdout, stderr } = await this.run('status', '--json');
    if (code !== 0) throw new Error(`turnout status exited ${code}: ${stderr}`);
    return JSON.parse(stdout) as SiteStatus;
  }

  async until(
    what: string,
    test: (status: SiteStatus) => boolean,
    withinMs = 30_000,
  ): Promise<SiteStatus> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const status = await this.status();
      if (test(status)) return status;
      if (performance.now() > deadline) {
        throw new Error(`not within ${withinMs} ms: ${what}\n${JSON.stringify(status, null, 2)}`);
      }
      await sleep(50);
    }
  }

  async pid(id: string): Promise<number> {
    const { processes } = await this.status();
    const found = processes.find((process) => process.id === id && process.state !== 'stopping');
    if (found === undefined) throw new Error(`${id} does not run`);
    return found.pid;
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  async close(): Promise<void> {
    await this.run('down', '--now');
    for (const pid of ownPids(this.directory)) kill(pid);
    await removeFolder(this.directory);
    await rm(configHome(this.directory), { recursive: true, force: true });
  }
}

function configHome(directory: string): string {
  return `${directory}-config`;
}

/** The same without starting a command; null when the controller does not answer. */
async function askConsole(folder: StateFolder): Promise<SiteStatus | null> {
  const settings = readJsonFile(folder.settings) as SiteSettings | null;
  if (settings === null) return null;
  try {
    const signal = AbortSignal.timeout(2_000);
    const answer = await fetch(`${listenerUrl(settings.console)}/api/status`, { signal });
    return answer.ok ? ((await answer.json()) as SiteStatus) : null;
  } catch {
    return null;
  }
}

/** Processes that run in the site's folder or were told about it: nobody else's are. */
function ownPids(directory: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      try {
        const inFolder = readlinkSync(`/proc/${pid}/cwd`).startsWith(`${directory}/`);
        return inFolder || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
      } catch {
        return false;
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Releases are read-only folders; only root removes those without more ado. */
async function removeFolder(directory: string): Promise<void> {
  await new Promise((done) => {
    spawn('chmod', ['-R', 'u+w', directory], { stdio: 'ignore' }).on('close', done);
  });
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
