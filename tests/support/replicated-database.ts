import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { createPostgresResource } from '../../src/controller/resources/postgres/postgres-resource.ts';
import type {
  PostgresResource,
  PostgresResourceOptions,
} from '../../src/controller/resources/postgres/postgres-resource.ts';
import { readReplicationRecord } from '../../src/controller/resources/postgres/replication-record.ts';
import type { ReplicationRecord } from '../../src/controller/resources/postgres/replication-record.ts';
import type { MemberStatus, ResourceStatus } from '../../src/contract/status.ts';
import { createLog } from '../../src/lib/log.ts';
import type { Journal } from '../../src/ports/journal/port.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A database with replicas in a folder of its own, as a controller holds it. */
export interface ReplicatedDatabase {
  readonly folder: string;
  readonly journal: Journal;
  /** The one that holds it now: `open` and `close` make it another. */
  readonly resource: PostgresResource;
  open(settings?: PostgresResourceOptions['settings']): Promise<void>;
  /** Lets go of it, as a controller does that ends; its servers run on. */
  close(): Promise<void>;
  /** Waits until the status is as wanted. */
  until(what: string, test: (status: ResourceStatus) => boolean): Promise<ResourceStatus>;
  /** Of every member. */
  urls(): readonly string[];
  record(): Promise<ReplicationRecord>;
  dataFolder(member: string): string;
  /** Asks a member as the owner of the database; the primary by default. */
  ask<Row extends object>(query: string, member?: string): Promise<readonly Row[]>;
  countGifts(member?: string): Promise<number>;
  end(): Promise<void>;
}

const withinMs = 60_000;

/** Made, up, and with a table `gifts (n int primary key)`; not yet with replicas that follow. */
export async function replicatedDatabase(
  settings: NonNullable<PostgresResourceOptions['settings']>,
  more: Pick<PostgresResourceOptions, 'keptLogMb'> = {},
): Promise<ReplicatedDatabase> {
  const root = await realpath(await temporaryFolder('replicas'));
  const folder = join(root, 'donations');
  const journal = await openSqliteJournal({ folder: root });
  const log = createLog(2, 'test');
  const make = (wanted = settings): PostgresResource =>
    createPostgresResource({
      name: 'donations',
      folder,
      clock: systemClock,
      journal,
      log,
      settings: wanted,
      ...more,
    });
  let resource = make();
  const database: ReplicatedDatabase = {
    folder,
    journal,
    get resource() {
      return resource;
    },
    async open(wanted) {
      resource = make(wanted);
      await resource.ensure();
    },
    close: () => resource.close(),
    async until(what, test) {
      return eventually(
        `${what}: ${JSON.stringify(resource.status())}`,
        () => {
          const status = resource.status();
          return test(status) ? status : null;
        },
        withinMs,
      ).catch((error: unknown) => {
        throw new Error(`${what}: ${JSON.stringify(resource.status())}`, { cause: error });
      });
    },
    urls() {
      const addresses = resource.addresses();
      return addresses === null ? [] : [addresses.url, ...addresses.replicaUrls];
    },
    async record() {
      const record = await readReplicationRecord(folder);
      if (record === null) throw new Error('there is no record');
      return record;
    },
    dataFolder: (member) => join(folder, member, 'data'),
    async ask<Row extends object>(query: string, member?: string) {
      const client = new Client(memberUrl(resource, member));
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query<Row>(query)).rows;
      } finally {
        await client.end();
      }
    },
    async countGifts(member) {
      const rows = await database.ask<{ n: number }>(
        'select count(*)::int as n from gifts',
        member,
      );
      return rows[0]?.n ?? 0;
    },
    async end() {
      await Promise.all(loads.splice(0).map((load) => load.stop()));
      await resource.stop();
      await journal.close();
    },
  };
  await resource.ensure();
  await database.ask('create table gifts (n int primary key)');
  return database;
}

/** The member follows the primary. */
export function follows({ members }: ResourceStatus, name: string): boolean {
  const member = members.find((each) => each.name === name);
  return member !== undefined && isFollowing(member);
}

function isFollowing({ role, state, lagBytes }: MemberStatus): boolean {
  return role === 'replica' && state === 'up' && lagBytes !== null;
}

function memberUrl(resource: PostgresResource, member: string | undefined): string {
  const addresses = resource.addresses();
  if (addresses === null) throw new Error('the database is not up');
  if (member === undefined) return addresses.url;
  const found = resource.status().members.find(({ name }) => name === member);
  const url = new URL(addresses.url);
  url.host = found?.address ?? '';
  return url.href;
}

/** Those that a test which failed did not stop. */
const loads: GiftLoad[] = [];
/** Each gift has a number of its own, whichever load gave it. */
let next = 1;

/** Who keeps giving, and counts what was acknowledged. */
export interface GiftLoad {
  readonly acknowledged: ReadonlySet<number>;
  /** Outcome unknown: the answer did not come. */
  readonly failures: number;
  /** From the last answer before a failure to the first after it, at most. */
  readonly longestPauseMs: number;
  stop(): Promise<void>;
}

/**
 * Plain clients that give numbered gifts to whichever member takes writes, found by asking. Each
 * number is given once: after a failure the next is tried.
 */
export function giveUnderLoad(
  database: Pick<ReplicatedDatabase, 'urls'>,
  clients: number,
): GiftLoad {
  const acknowledged = new Set<number>();
  const enough = new AbortController();
  let failures = 0;
  let longestPauseMs = 0;
  const giver = async (): Promise<void> => {
    let client: Client | null = null;
    let lastMs = performance.now();
    while (!enough.signal.aborted) {
      try {
        client ??= await connectToPrimary(database.urls());
        const n = next++;
        await client.query({ name: 'give', text: 'insert into gifts values ($1)', values: [n] });
        acknowledged.add(n);
        longestPauseMs = Math.max(longestPauseMs, performance.now() - lastMs);
        lastMs = performance.now();
      } catch {
        failures += client === null ? 0 : 1;
        await client?.end().catch(() => undefined);
        client = null;
        await systemClock.sleep(20);
      }
    }
    await client?.end().catch(() => undefined);
  };
  const givers = Array.from({ length: clients }, giver);
  const load: GiftLoad = {
    acknowledged,
    get failures() {
      return failures;
    },
    get longestPauseMs() {
      return Math.round(longestPauseMs);
    },
    async stop() {
      enough.abort();
      await Promise.all(givers);
    },
  };
  loads.push(load);
  return load;
}

async function connectToPrimary(urls: readonly string[]): Promise<Client> {
  for (const url of urls) {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: 1_000,
      query_timeout: 20_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ replica: boolean }>(
        'select pg_is_in_recovery() as replica',
      );
      if (rows[0]?.replica === false) return client;
    } catch {
      // The next one, then.
    }
    await client.end().catch(() => undefined);
  }
  throw new Error('nobody takes writes');
}
