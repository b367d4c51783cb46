import { Pool } from 'pg';
import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { SERVICE } from '../../contract/environment.ts';
import { TooLate, within } from './within.ts';
import { inWords, whatFailed, type WhatFailed } from './what-failed.ts';

/** What a server said of itself when it was last asked, or that it could not be. */
export type ServerState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'primary'; readonly timeline: number }
  | { readonly kind: 'replica' }
  /** Not in recovery, and takes no writes all the same: somebody fenced it. */
  | { readonly kind: 'fenced' }
  | { readonly kind: 'lost'; readonly reason: string };

export interface ServerLimits {
  readonly timeoutMs: number;
  /** Connections, beside the one by which it is asked how it is. */
  readonly connections: number;
}

export type Row = Readonly<Record<string, unknown>>;

/** A connection of a server's pool while it is lent; given back once, in whatever state it is. */
export interface Session {
  /** Rejects with the driver's error, or when no answer came within `ms`. */
  query(sql: string, values: readonly unknown[], ms: number): Promise<QueryResult<Row>>;
  /** Told of each notice of the server until it is given back. */
  onNotice(listener: (notice: { readonly routine?: string | undefined }) => void): void;
  /** `broken` ones are closed and not used again. */
  giveBack(broken: boolean): void;
}

/** What a session is for; a session that reads cannot write, whatever the statement says. */
export type Purpose = 'read' | 'write';

/** Nobody waits for a connection behind more than this many times as many as there are. */
const WAITING_PER_CONNECTION = 8;
const IDLE_MS = 30_000;

/** One PostgreSQL server: a bounded pool, and what is known of its role. */
export class DatabaseServer {
  /** For logs: `host:port`. */
  readonly name: string;
  state: ServerState = { kind: 'unknown' };
  /** It kept somebody waiting too long, and has not been asked since. */
  suspect = false;
  readonly #pool: Pool;
  readonly #asking: Pool;
  readonly #limits: ServerLimits;
  #asksAnew = false;
  readonly #purposes = new WeakMap<PoolClient, Purpose>();

  constructor(url: string, limits: ServerLimits) {
    this.name = nameOf(url);
    this.#limits = limits;
    this.#pool = createPool(url, limits.connections, limits.timeoutMs);
    this.#asking = createPool(url, 1, limits.timeoutMs);
  }

  /**
   * Lends a session; rejects with TooLate, `PoolFull` or the driver's error. Nothing of the
   * caller's has been sent then.
   */
  async session(purpose: Purpose, ms: number): Promise<Session> {
    const { connections } = this.#limits;
    if (this.#pool.waitingCount >= connections * WAITING_PER_CONNECTION) throw new PoolFull();
    const saturated = this.#pool.idleCount === 0 && this.#pool.totalCount >= connections;
    const client = await this.#lend(this.#pool, ms).catch((error: unknown) => {
      throw saturated && error instanceof TooLate ? new PoolFull() : error;
    });
    const session = lentSession(client);
    try {
      await this.#setPurpose(client, session, purpose, ms);
      return session;
    } catch (error) {
      session.giveBack(true);
      throw error;
    }
  }

  /**
   * It failed somebody. The connection by which it is asked is not believed any more: behind a
   * proxy or a name it may lead to where new ones do not.
   */
  lose(reason: string): void {
    this.state = { kind: 'lost', reason };
    this.#asksAnew = true;
  }

  /** Asks the server what it is, and keeps the answer; never rejects. */
  async ask(ms: number): Promise<void> {
    const state = await this.#ask(ms).catch((error: unknown): ServerState => ({
      kind: 'lost',
      reason: inWords(error),
    }));
    this.suspect = false;
    // Whoever was failed meanwhile knows better.
    if (!this.#asksAnew || state.kind === 'lost') this.state = state;
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#asking.end()]);
  }

  async #ask(ms: number): Promise<ServerState> {
    const session = lentSession(await this.#lendForAsking(ms));
    let broken = true;
    try {
      const { rows } = await session.query(whatAreYou, [], ms);
      const { recovering, readOnly } = rows[0] ?? {};
      let state: ServerState = { kind: 'replica' };
      if (recovering !== true) {
        const timeline = readOnly === true ? null : await timelineOf(session, ms);
        state = timeline === null ? { kind: 'fenced' } : { kind: 'primary', timeline };
      }
      broken = false;
      return state;
    } finally {
      session.giveBack(broken);
    }
  }

  async #lendForAsking(ms: number): Promise<PoolClient> {
    if (this.#asksAnew && this.#asking.idleCount > 0) {
      (await this.#lend(this.#asking, ms)).release(true);
    }
    this.#asksAnew = false;
    return this.#lend(this.#asking, ms);
  }

  async #lend(pool: Pool, ms: number): Promise<PoolClient> {
    const connecting = pool.connect();
    return within(ms, `a connection to ${this.name}`, connecting, (late) => late.release());
  }

  /**
   * A session keeps its purpose, so most changes cost nothing. For writing it goes back to what the
   * server's own settings say, so that a server set to read-only stays so.
   */
  async #setPurpose(
    client: PoolClient,
    session: Session,
    purpose: Purpose,
    ms: number,
  ): Promise<void> {
    if ((this.#purposes.get(client) ?? 'write') === purpose) return;
    const to = purpose === 'read' ? 'on' : 'default';
    await session.query(`set default_transaction_read_only to ${to}`, [], ms);
    this.#purposes.set(client, purpose);
  }
}

/** Every connection is in use: the server may be well. */
export class PoolFull extends Error {
  constructor() {
    super('all connections are in use');
    this.name = 'PoolFull';
  }
}

/** What a failure says of the server; that all connections are in use says nothing bad. */
export function failureOf(error: unknown): WhatFailed {
  if (error instanceof PoolFull) return 'full';
  return error instanceof TooLate ? 'slow' : whatFailed(error);
}

/** Whether a connection is of no use any more: it is gone, or still busy with what was given up. */
export function breaksSession(error: unknown): boolean {
  const failure = failureOf(error);
  return failure === 'lost' || (failure === 'slow' && !hasCode(error));
}

/** What the server itself said, after which it takes the next statement. */
function hasCode(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown }).code === 'string';
}

const whatAreYou = `select pg_is_in_recovery() as recovering,
  current_setting('transaction_read_only') = 'on' as "readOnly"`;

/**
 * Of two that say they are primary the one on the later timeline was promoted later. A managed
 * server may not tell: then there is nothing to compare.
 */
async function timelineOf(session: Session, ms: number): Promise<number> {
  const sql = 'select left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline';
  try {
    const { rows } = await session.query(sql, [], ms);
    return Number.parseInt(String(rows[0]?.['timeline']), 16) || 0;
  } catch (error) {
    if (whatFailed(error) === 'statement') return 0;
    throw error;
  }
}

function lentSession(client: PoolClient): Session {
  let listener: ((notice: { readonly routine?: string | undefined }) => void) | null = null;
  let given = false;
  // Without a listener, a connection that breaks between two statements would end the process.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  return {
    query(text, values, ms) {
      return client.query<Row>({ ...bounded(text, ms), values: [...values] });
    },
    onNotice(told) {
      listener = told;
      client.on('notice', told);
    },
    giveBack(broken) {
      if (given) return;
      given = true;
      if (listener !== null) client.off('notice', listener);
      client.off('error', ignore);
      client.release(broken);
    },
  };
}

/** A server that hangs would keep a connection that has no bound, and its place in the pool. */
function bounded(text: string, ms: number): QueryConfig {
  const statement: QueryConfig & { readonly query_timeout: number } = {
    text,
    query_timeout: Math.max(1, Math.round(ms)),
  };
  return statement;
}

function createPool(url: string, max: number, timeoutMs: number): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: timeoutMs,
    idleTimeoutMillis: IDLE_MS,
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: process.env[SERVICE] ?? 'turnout-sdk',
    // The server gives up too: what nobody waits for any more must not go on working. Not said with
    // the connection itself, because PgBouncer refuses a connection that does.
    onConnect: async (client) => {
      await client.query(
        bounded(
          `set statement_timeout to ${timeoutMs};
           set idle_in_transaction_session_timeout to ${timeoutMs * 2}`,
          timeoutMs,
        ),
      );
    },
  });
  // The server ended an idle connection: whoever asks next finds out what that means.
  pool.on('error', () => undefined);
  return pool;
}

function nameOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'a database' : `${parsed.hostname}:${parsed.port || 5432}`;
}
