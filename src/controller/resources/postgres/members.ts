import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresCluster } from './postgres-cluster.ts';
import { PostgresServer } from './postgres-server.ts';
import { createRecorder } from './resource-recorder.ts';
import { primaryConninfo } from './standby-settings.ts';
import { openSuperuserSession } from './superuser-session.ts';
import type { Client } from 'pg';
import type { Log } from '../../../lib/log.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Journal } from '../../../ports/journal/port.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { PostgresCredentials } from './postgres-credentials.ts';
import type { MemberRecord, RecordKeeper } from './replication-record.ts';
import type { RecordResource } from './resource-recorder.ts';
import type { ServerUser } from './server-user.ts';

export interface MembersOptions {
  /** Of the resource. */
  readonly name: string;
  /** Of the resource, as the kernel names it: a server is known by its working directory. */
  readonly folder: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly log: Log;
  readonly credentials: PostgresCredentials;
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | null;
  readonly keeper: RecordKeeper;
  /** A member that falls further behind is copied anew rather than let the disk fill up. */
  readonly keptLogMb: number;
}

const sessionEndsWithinMs = 1_000;

/** The servers of one resource, and what all that is done to them works with. */
export class Members {
  readonly options: MembersOptions;
  /** Writes into the journal. */
  readonly record: RecordResource;
  readonly #servers = new Map<string, PostgresServer>();
  readonly #sessions = new Map<string, Promise<Client>>();
  readonly #unanswered = new Map<string, number>();

  constructor(options: MembersOptions) {
    this.options = options;
    this.record = createRecorder(options.name, options.journal, options.log);
  }

  get keeper(): RecordKeeper {
    return this.options.keeper;
  }

  /** Undefined for a name that is no member's. */
  find(name: string): MemberRecord | undefined {
    return this.keeper.current.members.find((member) => member.name === name);
  }

  folderOf(name: string): string {
    return join(this.options.folder, name);
  }

  server(name: string): PostgresServer {
    const { binaries, user, clock, log, keptLogMb } = this.options;
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    const server = new PostgresServer({
      member: name,
      cluster: new PostgresCluster(this.folderOf(name), binaries, user, keptLogMb),
      clock,
      log,
      record: this.record,
    });
    this.#servers.set(name, server);
    return server;
  }

  isUp(name: string): boolean {
    return this.#servers.get(name)?.standing.kind === 'up';
  }

  /** Starts a member's server, or adopts it; rejects when it does not come up at once. */
  async start(member: MemberRecord): Promise<void> {
    await mkdir(this.folderOf(member.name), { recursive: true, mode: 0o700 });
    await this.server(member.name).start(member.port);
  }

  async stop(name: string): Promise<void> {
    await this.#endSession(name);
    await this.server(name).stop();
  }

  /** Stops one that must do nothing more, and does not wait for one that hangs. */
  async fence(name: string): Promise<void> {
    await this.#endSession(name);
    await this.server(name).fence();
  }

  /** Forgets one that is no member any more and stops it. */
  async remove(name: string): Promise<void> {
    await this.stop(name);
    this.#servers.delete(name);
  }

  /** Leaves all of them running. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((name) => this.#endSession(name)));
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  /**
   * Asks a member's server as its superuser, over a session that is kept. Rejects when it does not
   * answer within seconds.
   */
  async ask<Row extends object>(
    name: string,
    statement: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const session = this.#sessions.get(name) ?? this.#open(name);
    this.#sessions.set(name, session);
    this.#unanswered.set(name, (this.#unanswered.get(name) ?? 0) + 1);
    try {
      const client = await session;
      return (await client.query<Row>(statement, [...values])).rows;
    } catch (error) {
      // What PostgreSQL itself refused (a code of five) leaves the session well.
      if (!/^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '')) {
        await this.#endSession(name);
      }
      throw error;
    } finally {
      this.#unanswered.set(name, (this.#unanswered.get(name) ?? 1) - 1);
    }
  }

  /** A question to it is still without an answer. */
  isAsked(name: string): boolean {
    return (this.#unanswered.get(name) ?? 0) > 0;
  }

  /** A session of one's own, without a limit on how long a statement takes. */
  openSession(name: string): Promise<Client> {
    return this.#open(name, 0);
  }

  conninfo(member: string, primary: MemberRecord): string {
    const password = this.options.credentials.replicatorPassword;
    return primaryConninfo({ member, port: primary.port, password });
  }

  async #open(name: string, limitMs = 5_000): Promise<Client> {
    const port = this.find(name)?.port;
    if (port === undefined) throw new Error(`${name} is no member`);
    return openSuperuserSession(port, this.options.credentials, limitMs);
  }

  async #endSession(name: string): Promise<void> {
    const session = this.#sessions.get(name);
    this.#sessions.delete(name);
    const ended = session?.then((client) => client.end()).catch(() => undefined);
    // A server that hangs never closes its side.
    await promptly(this, ended ?? Promise.resolve(), sessionEndsWithinMs);
  }
}

/** Null for an answer that takes too long. */
export function promptly<Answer>(
  { options }: Members,
  answer: Promise<Answer>,
  limitMs: number,
): Promise<Answer | null> {
  return Promise.race([answer, options.clock.sleep(limitMs).then(() => null)]);
}
