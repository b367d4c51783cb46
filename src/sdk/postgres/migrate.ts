import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { log } from '../log.ts';
import { onceTable } from './once.ts';
import { databaseUrls } from './postgres.ts';
import { failureOf } from './database-server.ts';
import { inWords } from './what-failed.ts';

export interface Migration {
  /** Unique, and never changed once it ran: `001-donations`. */
  readonly name: string;
  readonly sql: string;
  /**
   * Not inside a transaction, for what PostgreSQL refuses there (`create index concurrently`). Then
   * it must be possible to run it again after it stopped half-way.
   */
  readonly alone?: boolean;
}

/** How long a database may take to be there, and another migration to end. */
const PATIENCE_MS = 30_000;
const OTHERS_MS = 300_000;
/** A migration that waits for a lock holds up every statement that comes after it. */
const LOCK_MS = 5_000;
/** Any number, as long as every Turnout uses the same. */
const LOCK_KEY = 7_301_776_520;

const ledgerTable = `create table if not exists turnout_migrations (
  name text primary key,
  digest text not null,
  applied_at timestamptz not null default now()
)`;

/**
 * Runs what has not run yet, in order, each once and as a whole, on the primary; of several at a
 * time the others wait. Rejects with PostgreSQL's error at the first that fails, and for one whose
 * text is not what ran under its name. It also makes the table of `once`.
 */
export async function migrate(need: string, migrations: readonly Migration[]): Promise<void> {
  const client = await connectToPrimary(need);
  client.on('error', () => undefined);
  try {
    await client.query(`set statement_timeout = 0; set lock_timeout = ${LOCK_MS}`);
    await waitForTurn(client);
    await client.query(`${ledgerTable};\n${onceTable}`);
    const { rows } = await client.query<{ name: string; digest: string }>(
      'select name, digest from turnout_migrations',
    );
    const ran = new Map(rows.map(({ name, digest }) => [name, digest]));
    for (const migration of migrations) await runOnce(client, migration, ran);
  } finally {
    await client.end();
  }
}

/** By trying: a session that waits in PostgreSQL would stand in the way of a concurrent index. */
async function waitForTurn(client: Client): Promise<void> {
  const deadlineMs = performance.now() + OTHERS_MS;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock($1) as taken',
      [LOCK_KEY],
    );
    if (rows[0]?.taken === true) return;
    if (performance.now() > deadlineMs) throw new Error('another migration does not end');
    await delay(100);
  }
}

async function runOnce(
  client: Client,
  migration: Migration,
  ran: Map<string, string>,
): Promise<void> {
  const { name, sql } = migration;
  const digest = createHash('sha256').update(sql).digest('hex');
  const before = ran.get(name);
  if (before === digest) return;
  if (before !== undefined) {
    throw new Error(`the migration ${name} ran with another text: add a new one in its place`);
  }
  const alone = migration.alone ?? false;
  if (!alone) await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into turnout_migrations (name, digest) values ($1, $2)', [
      name,
      digest,
    ]);
    if (!alone) await client.query('commit');
  } catch (error) {
    if (!alone) await client.query('rollback').catch(() => undefined);
    throw new Error(`the migration ${name} failed: ${inWords(error)}`, { cause: error });
  }
  ran.set(name, digest);
  log.info('migrated', { migration: name });
}

/** Whichever server takes writes; a release may start while its database still does. */
async function connectToPrimary(need: string): Promise<Client> {
  const urls = databaseUrls(need);
  if (urls.length === 0) throw new Error(`nothing says where ${need} is`);
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    let reason = 'no server of it is the primary';
    for (const url of urls) {
      const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
      try {
        await client.connect();
        if (await takesWrites(client)) return client;
      } catch (error) {
        if (failureOf(error) === 'statement') throw error;
        reason = inWords(error);
      }
      await client.end().catch(() => undefined);
    }
    if (performance.now() > deadlineMs) throw new Error(`${need} cannot be migrated: ${reason}`);
    await delay(200);
  }
}

async function takesWrites(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ writes: boolean }>(
    `select current_setting('transaction_read_only') = 'off' as writes`,
  );
  return rows[0]?.writes === true;
}
