import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { findPostgresBinaries } from '../../src/controller/resources/postgres/postgres-binaries.ts';
import { PostgresCluster } from '../../src/controller/resources/postgres/postgres-cluster.ts';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';
import { findServerUser } from '../../src/controller/resources/postgres/server-user.ts';
import { findFreePort } from '../../src/lib/free-port.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const owner = 'tester';
const password = 'pair-of-servers';

/** One of two servers, addressed past everything that is tested. */
export interface TestServer {
  readonly url: string;
  start(): Promise<void>;
  /** All of its processes at once, as when the machine goes. */
  kill(): Promise<void>;
  /** It keeps its connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  ask<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface PostgresPair {
  readonly primary: TestServer;
  readonly replica: TestServer;
  stop(): Promise<void>;
}

/** How the SDK asks such a pair. */
export const pairPolicy = {
  need: 'db',
  kind: 'postgres',
  timeoutMs: 2_000,
  inFlight: 8,
  reads: ['replica', 'primary'],
} as const;

/**
 * Two real servers, one a streaming replica of the other, without any of the site's machinery. The
 * replica is a copy made while the primary was down.
 */
export async function startPostgresPair(name: string): Promise<PostgresPair> {
  const root = realpathSync(await temporaryFolder(name));
  const user = await findServerUser();
  const binaries = await findPostgresBinaries(user);
  const [one, other] = ['one', 'other'].map((member) => join(root, member));
  await mkdir(one as string, { recursive: true });
  await mkdir(other as string, { recursive: true });
  const cluster = new PostgresCluster(one as string, binaries, user);
  await cluster.initialize(owner, password);
  const primary = testServer(cluster, await findFreePort(Math.random));
  await copyAsReplica(cluster, other as string, new URL(primary.url).port);
  const replicaCluster = new PostgresCluster(other as string, binaries, user);
  const replica = testServer(replicaCluster, await findFreePort(Math.random));
  await primary.start();
  await replica.start();
  await eventually('the replica follows', async () => {
    const rows = await primary.ask('select 1 from pg_stat_replication');
    return rows.length > 0;
  });
  const stop = async (): Promise<void> => {
    await Promise.all([primary.kill(), replica.kill()]);
  };
  return { primary, replica, stop };
}

/** A server alone, up and durable. */
export async function startPostgresAlone(name: string): Promise<TestServer> {
  const root = realpathSync(await temporaryFolder(name));
  const user = await findServerUser();
  const cluster = new PostgresCluster(root, await findPostgresBinaries(user), user);
  await cluster.initialize(owner, password);
  const server = testServer(cluster, await findFreePort(Math.random));
  await server.start();
  return server;
}

async function copyAsReplica(from: PostgresCluster, folder: string, port: string): Promise<void> {
  const data = join(folder, 'data');
  execFileSync('cp', ['-a', from.dataFolder, data]);
  const connection = `host=127.0.0.1 port=${port} user=${owner} password=${password}`;
  const script =
    'touch "$1/standby.signal" && chown --reference="$1" "$1/standby.signal" && ' +
    'printf "primary_conninfo = \'%s\'\\n" "$2" >> "$1/postgresql.auto.conf"';
  execFileSync('sh', ['-c', script, 'sh', data, connection]);
}

function testServer(cluster: PostgresCluster, port: number): TestServer {
  const url = `postgres://${owner}:${password}@127.0.0.1:${port}/postgres`;
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of processesOn(cluster.dataFolder)) signalIfThere(pid, name);
  };
  return {
    url,
    async start() {
      await cluster.start(port);
      const isReady = async (): Promise<boolean> =>
        (await findRunningServer(cluster.dataFolder))?.ready === true || (await answers(url));
      await eventually(`a server on port ${port}`, isReady, 30_000);
    },
    async kill() {
      signal('SIGKILL');
      const gone = (): boolean => processesOn(cluster.dataFolder).length === 0;
      await eventually(`no server on port ${port}`, gone);
      execFileSync('rm', ['-f', join(cluster.dataFolder, 'postmaster.pid')]);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async ask<Row extends object>(sql: string, values: readonly unknown[] = []) {
      const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query<Row>(sql, [...values])).rows;
      } finally {
        await client.end();
      }
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  const connected = await client.connect().then(
    () => true,
    () => false,
  );
  await client.end().catch(() => undefined);
  return connected;
}

/** Its children go by themselves once it is dead. */
function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Every process of a server works in its data folder. */
function processesOn(dataFolder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && worksIn(pid, dataFolder));
}

function worksIn(pid: number, folder: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== folder) return false;
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
