import type { SdkNeedPolicy } from '../../contract/sdk-policy.ts';
import type { JsonValue } from '../../lib/json.ts';
import { NeedLostError } from '../need-lost-error.ts';
import type { NeedReports } from '../need-reports.ts';
import type { Database, DatabaseMode, Once, OnceResult, Transaction } from './database.ts';
import {
  DatabaseServer,
  breaksSession,
  failureOf,
  type Row,
  type Session,
} from './database-server.ts';
import { doOnce } from './once.ts';
import { ServerSet } from './server-set.ts';
import { inTransaction } from './transaction.ts';
import { inWords } from './what-failed.ts';

export interface DatabaseOptions {
  readonly need: string;
  /** Of all its servers, whatever their roles. */
  readonly urls: readonly string[];
  readonly policy: SdkNeedPolicy;
  readonly reports: NeedReports;
}

/** A database with its ladder: see `Database` for what it promises. */
export class PostgresDatabase implements Database {
  readonly #need: string;
  readonly #policy: SdkNeedPolicy;
  readonly #servers: ServerSet;

  constructor({ need, urls, policy, reports }: DatabaseOptions) {
    this.#need = need;
    this.#policy = policy;
    const limits = { timeoutMs: policy.timeoutMs, connections: policy.inFlight };
    const servers = urls.map((url) => new DatabaseServer(url, limits));
    this.#servers = new ServerSet(need, servers, policy, reports);
  }

  mode(): DatabaseMode {
    return this.#servers.mode();
  }

  /** Each server gets an equal share of the time left, so that one that hangs leaves some. */
  async read<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    this.#assertKnown();
    const deadlineMs = performance.now() + this.#policy.timeoutMs;
    const asked = new Set<DatabaseServer>();
    let last: unknown = null;
    for (;;) {
      const left = await this.#servers.findReadable(asked);
      const [server] = left;
      const leftMs = deadlineMs - performance.now();
      if (server === undefined || leftMs <= 0) throw this.#lost(this.#need, last);
      asked.add(server);
      try {
        return await this.#readFrom<R>(server, sql, values, leftMs / left.length);
      } catch (error) {
        if (!this.#mayTryAnother(server, error)) throw error;
        last = error;
      }
    }
  }

  async readLatest<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    this.#assertKnown();
    const deadlineMs = performance.now() + this.#policy.timeoutMs;
    const role = `${this.#need}.primary`;
    let last: unknown = null;
    // The second round is for the server that was promoted meanwhile.
    for (let round = 0; round < 2; round++) {
      const primary = await this.#servers.findPrimary();
      const leftMs = deadlineMs - performance.now();
      if (primary === null || leftMs <= 0) break;
      try {
        return await this.#readFrom<R>(primary, sql, values, leftMs);
      } catch (error) {
        if (!this.#mayTryAnother(primary, error)) throw error;
        last = error;
      }
    }
    throw this.#lost(role, last);
  }

  async write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.#assertKnown();
    const deadlineMs = performance.now() + this.#policy.timeoutMs;
    const { server, session } = await this.#sessionOnPrimary(deadlineMs);
    return inTransaction(session, work, {
      role: `${this.#need}.primary`,
      timeoutMs: this.#policy.timeoutMs,
      failed: (error) => this.#note(server, error),
    });
  }

  once<T extends JsonValue>(
    once: Once,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<OnceResult<T>> {
    return doOnce(this, once, work, this.#policy.timeoutMs / 2);
  }

  close(): Promise<void> {
    return this.#servers.close();
  }

  async #readFrom<R extends object>(
    server: DatabaseServer,
    sql: string,
    values: readonly unknown[],
    ms: number,
  ): Promise<R[]> {
    const deadlineMs = performance.now() + ms;
    const session = await server.session('read', ms);
    let broken = true;
    try {
      const { rows } = await session.query(sql, values, deadlineMs - performance.now());
      broken = false;
      return rows as readonly Row[] as R[];
    } catch (error) {
      broken = breaksSession(error);
      throw error;
    } finally {
      session.giveBack(broken);
    }
  }

  /** A transaction begun on the primary; until then nothing was sent, so it may move on. */
  async #sessionOnPrimary(
    deadlineMs: number,
  ): Promise<{ readonly server: DatabaseServer; readonly session: Session }> {
    let last: unknown = null;
    for (let round = 0; round < 2; round++) {
      const server = await this.#servers.findPrimary();
      const leftMs = deadlineMs - performance.now();
      if (server === null || leftMs <= 0) break;
      try {
        const session = await server.session('write', leftMs);
        try {
          await session.query('begin', [], leftMs);
          return { server, session };
        } catch (error) {
          session.giveBack(true);
          throw error;
        }
      } catch (error) {
        if (!this.#mayTryAnother(server, error)) throw error;
        last = error;
      }
    }
    throw this.#lost(`${this.#need}.primary`, last);
  }

  /**
   * Whether the server and not the statement was at fault, by which the server is judged. That a
   * read tries to write fails everywhere, and rightly.
   */
  #mayTryAnother(server: DatabaseServer, error: unknown): boolean {
    const failure = failureOf(error);
    if (failure === 'statement' || failure === 'not-primary') return false;
    this.#note(server, error);
    return true;
  }

  #note(server: DatabaseServer, error: unknown): void {
    const failure = failureOf(error);
    if (failure === 'lost') this.#servers.failed(server, inWords(error));
    else if (failure === 'slow') this.#servers.slow(server);
    else if (failure === 'not-primary') this.#servers.demoted(server);
  }

  #lost(role: string, cause: unknown): NeedLostError {
    const reason = cause === null ? 'no server of it can be used' : inWords(cause);
    return new NeedLostError(role, reason, { cause });
  }

  #assertKnown(): void {
    if (this.#servers.servers.length > 0) return;
    throw new Error(`nothing says where ${this.#need} is: name it under \`needs\` in service.yaml`);
  }
}
