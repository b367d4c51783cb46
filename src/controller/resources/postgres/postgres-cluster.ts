import { spawn } from 'node:child_process';
import { chown, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../../lib/atomic-file.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import { lastLines } from '../../../lib/last-lines.ts';
import { readProcessIdentity } from '../../../lib/process-identity.ts';
import type { ProcessIdentity } from '../../../lib/process-identity.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { ServerUser } from './server-user.ts';

/**
 * One PostgreSQL data folder and the server on it, with none of the policy of when to start.
 *
 * Our state folder is ours alone (0700), and as root we run the server as another user, who could
 * not even walk to its own data. So it is never given a path: it starts in its data folder, and is
 * told that this is `/proc/self/cwd`.
 */
export class PostgresCluster {
  readonly dataFolder: string;
  readonly logFile: string;
  readonly #folder: string;
  readonly #binaries: PostgresBinaries;
  readonly #user: ServerUser | null;
  readonly #keptLogMb: number;

  /** `keptLogMb` bounds the log that is kept for replicas that are away. */
  constructor(
    folder: string,
    binaries: PostgresBinaries,
    user: ServerUser | null,
    keptLogMb = defaultKeptLogMb,
  ) {
    this.#folder = folder;
    this.#keptLogMb = keptLogMb;
    this.#binaries = binaries;
    this.#user = user;
    this.dataFolder = dataFolderIn(folder);
    this.logFile = join(folder, 'postgres.log');
  }

  /** Makes a new, empty cluster whose superuser is `user`; there as a whole or not at all. */
  async initialize(user: string, password: string): Promise<void> {
    const partial = join(this.#folder, 'data.partial');
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o700 });
    if (this.#user !== null) await chown(partial, this.#user.uid, this.#user.gid);
    const child = spawn(
      // By a pipe: initdb cannot open a socket, which is what Node.js would give it as its input.
      '/bin/sh',
      ['-c', 'cat | "$@"', 'sh', this.#binaries.initdb, ...initdbArguments(user)],
      { ...this.#processOptions(partial), stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let output = '';
    child.stdout.on('data', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-4_096);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${password}\n`);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw initializationFailed(this.#folder, output.trim());
    await rename(partial, this.dataFolder);
    await syncDirectory(this.#folder);
  }

  /** Starts the server in a session of its own; it is up once its lock says that it is ready. */
  async start(port: number): Promise<ProcessIdentity | null> {
    const log = await open(this.logFile, 'a', 0o600);
    try {
      const child = spawn(this.#binaries.postgres, serverArguments(port, this.#keptLogMb), {
        ...this.#processOptions(this.dataFolder),
        stdio: ['ignore', log.fd, log.fd],
        detached: true,
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      child.unref();
      return child.pid === undefined ? null : readProcessIdentity(child.pid);
    } finally {
      await log.close();
    }
  }

  lastLines(limit: number): Promise<readonly string[]> {
    return lastLines(this.logFile, limit);
  }

  #processOptions(cwd: string): {
    cwd: string;
    env: NodeJS.ProcessEnv;
    uid?: number;
    gid?: number;
  } {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
    return this.#user === null
      ? { cwd, env }
      : { cwd, env, uid: this.#user.uid, gid: this.#user.gid };
  }
}

/** Beyond that a replica is copied anew rather than let the disk fill up. */
export const defaultKeptLogMb = 1_024;

/** Where the data of a member lie, in its folder. */
export function dataFolderIn(folder: string): string {
  return join(folder, 'data');
}

const here = '/proc/self/cwd';

function initdbArguments(user: string): readonly string[] {
  return [
    `--pgdata=${here}`,
    `--username=${user}`,
    '--pwfile=/dev/stdin',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Unicode-aware, and the same on every machine whatever its locales.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
}

/**
 * What must hold whatever postgresql.conf says: reachable on loopback only, durable, ready to be
 * replicated.
 */
function serverArguments(port: number, keptLogMb: number): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    wal_level: 'replica',
    max_wal_senders: '20',
    max_replication_slots: '20',
    max_slot_wal_keep_size: `${keptLogMb}MB`,
    // What a replica that is pointed to another primary may still want of its past.
    wal_keep_size: `${Math.min(128, keptLogMb)}MB`,
    // Ends the connection of one that hangs; that nobody waits for it is seen to long before.
    wal_sender_timeout: '10s',
    wal_receiver_timeout: '10s',
    wal_receiver_status_interval: '1s',
    wal_retrieve_retry_interval: '500ms',
    hot_standby: 'on',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    password_encryption: 'scram-sha-256',
    logging_collector: 'off',
    log_destination: 'stderr',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', here, '-p', String(port), ...words];
}

function initializationFailed(folder: string, output: string): TurnoutError {
  return new TurnoutError(
    'postgres-initialize-failed',
    `PostgreSQL could not make a new database in ${folder}: ${output || 'it said nothing'}`,
    'Look at the reason above; it needs about 50 MB on the disk, and shared memory in /dev/shm.',
  );
}
