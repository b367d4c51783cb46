import {
  costOfLoss,
  describeDurability,
  describeMembers,
  describeNotes,
  hangText,
  primaryLostMs,
} from './describe-members.ts';
import { describePromotion, pendingInWords } from './describe-promotion.ts';
import { beginPromotion, beginReseed } from './member-requests.ts';
import { createRecorder } from './resource-recorder.ts';
import { openMembers } from './open-replication.ts';
import { ensureOwnDatabase } from './own-database.ts';
import { defaultKeptLogMb } from './postgres-cluster.ts';
import { Replication } from './replication.ts';
import { primaryOf } from './replication-record.ts';
import { stopServers } from './stop-servers.ts';
import type { ResourceStatus, StatusNote } from '../../../contract/status.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Journal } from '../../../ports/journal/port.ts';
import type { PromotionRequest } from './member-requests.ts';
import type { PromotionReport } from './promote-member.ts';
import type { ReplicationSettings } from './replication.ts';
import type { MemberRecord } from './replication-record.ts';

export interface PostgresResourceOptions {
  /** Of the resource, its database and the role that owns it. */
  readonly name: string;
  /** All it keeps; made when absent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly log: Log;
  /** One server alone unless more is wanted. */
  readonly settings?: ReplicationSettings;
  /** Called when `addresses` are others than before: after a promotion, or with more replicas. */
  readonly changed?: () => void;
  /** How much log is kept for replicas that are away. */
  readonly keptLogMb?: number;
}

/** What a service is told to reach it by. */
export interface PostgresAddresses {
  readonly url: string;
  /** Of every other member, whether or not it is up. */
  readonly replicaUrls: readonly string[];
}

/** A PostgreSQL of our own, primary and replicas, kept up. */
export interface PostgresResource {
  /**
   * Resolves with its addresses once the primary takes connections: adopts the servers that run,
   * else starts them, on the first call making the database. From then on a server that dies is
   * started again, on the same port; replicas come to be and follow by themselves. Rejects with a
   * TurnoutError `postgres-…` when the primary does not come up.
   */
  ensure(): Promise<PostgresAddresses>;
  /** Null until it was up, or, with the primary lost, until that is plain. */
  addresses(): PostgresAddresses | null;
  /** Makes it what the manifest says now. */
  configure(settings: ReplicationSettings): Promise<void>;
  /**
   * Fences the primary and lets a replica take its place. Rejects with a TurnoutError that says why
   * not; then all is as it was.
   */
  promote(request: PromotionRequest): Promise<PromotionReport>;
  /** Resolves once the member, seeded afresh from the primary, follows it. */
  reseed(member: string, who: string): Promise<void>;
  status(): ResourceStatus;
  notes(): readonly Omit<StatusNote, 'since'>[];
  /** Shuts the servers down (committed data are safe, clients are disconnected) and closes. */
  stop(): Promise<void>;
  /** Stops watching and leaves the servers running. */
  close(): Promise<void>;
}

export function createPostgresResource(options: PostgresResourceOptions): PostgresResource {
  return new OwnPostgres(options);
}

const promotionPollMs = 100;
const alone: ReplicationSettings = { replicas: 0, durability: 'async' };

class OwnPostgres implements PostgresResource {
  readonly #options: PostgresResourceOptions;
  #settings: ReplicationSettings;
  #opened: Promise<Replication> | null = null;
  #replication: Replication | null = null;
  #ensured: Promise<PostgresAddresses> | null = null;
  #addresses: PostgresAddresses | null = null;
  #failure: string | null = null;
  #closed = false;

  constructor(options: PostgresResourceOptions) {
    this.#options = options;
    this.#settings = options.settings ?? alone;
  }

  ensure(): Promise<PostgresAddresses> {
    this.#ensured ??= this.#ensure().catch((error: unknown) => {
      this.#ensured = null;
      this.#failure = (error as Error).message;
      throw error;
    });
    return this.#ensured;
  }

  addresses(): PostgresAddresses | null {
    const replication = this.#replication;
    if (this.#addresses !== null || replication === null) return this.#addresses;
    // With its primary lost, services may still read.
    const primary = primaryOf(replication.record);
    if (primary === undefined) return null;
    const { standing } = replication.members.server(primary.name);
    const downMs = this.#options.clock.monotonicMs() - standing.sinceMs;
    const lost = standing.kind === 'down' && downMs > primaryLostMs;
    return lost && replication.record.members.length > 1
      ? this.#addressesNow(replication, primary)
      : null;
  }

  async configure(settings: ReplicationSettings): Promise<void> {
    this.#settings = settings;
    await this.#replication?.configure(settings);
    this.#renewAddresses();
  }

  async promote(request: PromotionRequest): Promise<PromotionReport> {
    const replication = await this.#open();
    return beginPromotion(replication, request);
  }

  async reseed(member: string, who: string): Promise<void> {
    const replication = await this.#open();
    return beginReseed(replication, member, who);
  }

  status(): ResourceStatus {
    const { name } = this.#options;
    const replication = this.#replication;
    const base = {
      kind: 'postgres',
      name,
      durability: null,
      ifPrimaryIsLost: null,
      promotion: null,
      members: [],
    } as const;
    if (this.#closed) return { ...base, state: 'down', address: null, reason: 'not watched' };
    const primary = replication === null ? undefined : primaryOf(replication.record);
    if (replication !== null && primary === undefined) {
      const promotion = describePromotion(replication);
      return {
        ...base,
        state: 'down',
        address: null,
        reason: promotion === null ? this.#failure : pendingInWords(promotion),
        durability: describeDurability(replication),
        promotion,
        members: describeMembers(replication),
      };
    }
    if (replication === null || primary === undefined) {
      const state = this.#failure === null ? 'starting' : 'down';
      return { ...base, state, address: null, reason: this.#failure };
    }
    const { standing } = replication.members.server(primary.name);
    return {
      ...base,
      state: standing.kind,
      address: standing.kind === 'up' ? `127.0.0.1:${standing.port}` : null,
      reason: standing.kind === 'down' ? standing.reason : hangText(replication),
      durability: describeDurability(replication),
      ifPrimaryIsLost: costOfLoss(replication),
      members: describeMembers(replication),
    };
  }

  notes(): readonly Omit<StatusNote, 'since'>[] {
    return this.#replication === null || this.#closed ? [] : describeNotes(this.#replication);
  }

  async stop(): Promise<void> {
    const watched = this.#replication;
    const primary = watched === null ? undefined : primaryOf(watched.record);
    const names = watched?.record.members.map(({ name }) => name) ?? [];
    await this.close();
    // Those we know are stopped even when somebody has taken their folder away.
    if (primary !== undefined) await watched?.members.stop(primary.name);
    await Promise.all(names.map((name) => watched?.members.stop(name)));
    const { name, folder, clock, log, journal } = this.#options;
    const record = createRecorder(name, journal, log);
    await stopServers(folder, { clock, log, record });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opened?.catch(() => undefined);
    const replication = this.#replication;
    await Promise.all([replication?.close(), replication?.members.close()]);
    await this.#ensured?.catch(() => undefined);
    await replication?.members.close();
  }

  async #ensure(): Promise<PostgresAddresses> {
    const replication = await this.#open();
    const { members } = replication;
    const { clock, name } = this.#options;
    // A promotion that is under way is carried on by itself, and then there is a primary.
    let primary = primaryOf(replication.record);
    for (; primary === undefined; primary = primaryOf(replication.record)) {
      if (this.#closed) throw new Error('the resource is closed');
      await clock.sleep(promotionPollMs);
    }
    if (this.#closed) throw new Error('the resource is closed');
    if (!members.isUp(primary.name)) await members.start(primary);
    await ensureOwnDatabase(name, primary.port, members.options.credentials);
    this.#failure = null;
    const addresses = this.#addressesNow(replication, primary);
    this.#addresses = addresses;
    return addresses;
  }

  /** Finds or makes all that must be there before any server starts; once. */
  #open(): Promise<Replication> {
    this.#opened ??= this.#openOnce().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #openOnce(): Promise<Replication> {
    const { name, folder, clock, journal, log, keptLogMb = defaultKeptLogMb } = this.#options;
    const members = await openMembers({ name, folder, clock, journal, log, keptLogMb });
    const replication = new Replication(members, this.#settings, () => this.#renewAddresses());
    await replication.configure(this.#settings);
    this.#replication = replication;
    replication.begin();
    return replication;
  }

  #addressesNow({ record, members }: Replication, primary: MemberRecord): PostgresAddresses {
    const user = encodeURIComponent(this.#options.name);
    const { ownerPassword } = members.options.credentials;
    const urlOf = ({ port }: MemberRecord): string =>
      `postgres://${user}:${ownerPassword}@127.0.0.1:${port}/${user}`;
    const others = record.members.filter(({ name }) => name !== primary.name);
    return { url: urlOf(primary), replicaUrls: others.map(urlOf) };
  }

  #renewAddresses(): void {
    const replication = this.#replication;
    const primary = replication === null ? undefined : primaryOf(replication.record);
    if (this.#addresses === null || replication === null || primary === undefined) return;
    const now = this.#addressesNow(replication, primary);
    if (JSON.stringify(now) === JSON.stringify(this.#addresses)) return;
    this.#addresses = now;
    this.#options.changed?.();
  }
}
