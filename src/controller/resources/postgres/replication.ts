import { rm } from 'node:fs/promises';
import { findFreePort } from '../../../lib/free-port.ts';
import { durabilityStep } from './durability-step.ts';
import { keepDurability } from './keep-durability.ts';
import { PositionLog } from './position-log.ts';
import { PrimaryWatch } from './primary-watch.ts';
import { carryOnPromotion } from './promote-member.ts';
import { freeMemberName, primaryOf } from './replication-record.ts';
import { seedMember } from './seed-member.ts';
import { tendReplicas } from './tend-replicas.ts';
import type { CopyProgress } from './base-backup.ts';
import type { Members } from './members.ts';
import type { PrimarySight } from './member-sight.ts';
import type { PromotionReport } from './promote-member.ts';
import type { MemberRecord, ReplicationRecord } from './replication-record.ts';

/** What the manifest says of a resource. */
export interface ReplicationSettings {
  readonly replicas: number;
  readonly durability: 'sync' | 'async';
}

/** A copy that is being made, or could not be. */
export interface Seeding {
  readonly member: string;
  readonly copied: CopyProgress | null;
  readonly failure: string | null;
}

const lookEveryMs = 400;
/** Commits wait for somebody who is not there: they shall do so no longer than the grace. */
const lookWhileWaitingMs = 100;
const seedAgainFirstMs = 1_000;
const seedAgainLimitMs = 60_000;

/**
 * Keeps the members of a resource a primary and its replicas, over time: looks, and does what there
 * is to do, one thing after the other.
 */
export class Replication {
  readonly members: Members;
  readonly positions: PositionLog;
  readonly watch = new PrimaryWatch();
  #settings: ReplicationSettings;
  #seeding: Seeding | null = null;
  #stopSeeding = new AbortController();
  #seedingDone: Promise<void> = Promise.resolve();
  #seedAgainMs = 0;
  #pauseMs = seedAgainFirstMs;
  #turn: Promise<unknown> = Promise.resolve();
  #requests = 0;
  #looking: Promise<void> = Promise.resolve();
  readonly #lastStreamedMs = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #changed: () => void;

  /** `changed` is called when the primary is another one. */
  constructor(members: Members, settings: ReplicationSettings, changed: () => void) {
    this.members = members;
    this.positions = new PositionLog(members.options.folder);
    this.#settings = settings;
    this.#changed = changed;
  }

  get record(): ReplicationRecord {
    return this.members.keeper.current;
  }

  get settings(): ReplicationSettings {
    return this.#settings;
  }

  /** Null while the primary does not answer. */
  get sight(): PrimarySight | null {
    return this.watch.sight;
  }

  get seeding(): Seeding | null {
    return this.#seeding;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The next copy is begun at the next look, however the last one went. */
  seedSoon(): void {
    this.#seedAgainMs = 0;
  }

  /** For how long no replica has streamed. */
  aloneMs(): number {
    return this.#now() - Math.max(0, ...this.#lastStreamedMs.values());
  }

  /** Says how many members there shall be; each has its name and port once this resolves. */
  configure(settings: ReplicationSettings): Promise<void> {
    this.#settings = settings;
    return this.exclusively(() => this.#keepCount());
  }

  /** Starts the replicas and looks after them from now on. */
  begin(): void {
    for (const member of this.record.members) {
      if (member.standing.kind === 'replica') this.#startMember(member);
    }
    const now = this.#now();
    for (const { name } of this.record.members) this.#lastStreamedMs.set(name, now);
    this.#looking = this.#lookOn().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) throw error;
    });
  }

  /** Stops looking after them and leaves the servers as they are. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the resource is closed'));
    this.#stopSeeding.abort(this.#closing.signal.reason);
    await this.#looking;
    await this.#seedingDone;
    await this.#turn.catch(() => undefined);
  }

  /** Does something while nothing else is done to the members. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Ends a copy that is being made; it is begun anew later. */
  async stopSeeding(): Promise<void> {
    this.#stopSeeding.abort(new Error('the copy was interrupted'));
    await this.#seedingDone;
  }

  /** Has a promotion put on record, and carries it through; until then looks leave it alone. */
  async request(ask: () => Promise<void>): Promise<PromotionReport | null> {
    this.#requests += 1;
    try {
      await ask();
      return await this.exclusively(() => this.promote());
    } finally {
      this.#requests -= 1;
    }
  }

  /** Carries the promotion on record through; rejects when it was called off. */
  async promote(): Promise<PromotionReport | null> {
    const { promotion } = this.record;
    if (promotion === null) return null;
    this.watch.forget();
    await this.stopSeeding();
    const { members, positions } = this;
    try {
      const carrying = { members, samples: positions.samples, signal: this.#closing.signal };
      return await carryOnPromotion(carrying, promotion);
    } finally {
      await this.#goOn(promotion.from);
    }
  }

  /** However a promotion has ended, one that is the primary now is up. */
  async #goOn(before: string): Promise<void> {
    const primary = primaryOf(this.record);
    if (primary === undefined) return;
    if (this.members.server(primary.name).standing.kind === 'down') this.#startMember(primary);
    if (primary.name === before) return;
    await this.positions.begin();
    this.#changed();
  }

  async #lookOn(): Promise<void> {
    const { clock, log, name } = this.members.options;
    await this.positions.open();
    let said = '';
    for (;;) {
      try {
        await this.exclusively(() => this.#look());
        said = '';
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== said) log.warn('postgres replication', { name, reason });
        said = reason;
      }
      const pauseMs = this.#commitsWait() ? lookWhileWaitingMs : lookEveryMs;
      await clock.sleep(pauseMs, this.#closing.signal);
    }
  }

  async #look(): Promise<void> {
    if (this.#closing.signal.aborted || this.#requests > 0) return;
    await this.promote();
    await this.#keepCount();
    const primary = primaryOf(this.record);
    if (primary === undefined || !this.members.isUp(primary.name)) {
      this.watch.forget();
      return;
    }
    const sight = await this.watch.look(this.members, primary.name);
    if (sight === null) return;
    await this.positions.add({ atMs: sight.atMs, lsn: sight.lsn });
    const streaming = this.#streaming(sight);
    for (const name of streaming) {
      this.#lastStreamedMs.set(name, this.#now() - this.watch.replies.silentMs(name));
    }
    const { durability } = this.#settings;
    const now = { streaming, waitsFor: sight.waitsFor, nowMs: this.#now() };
    const action = durabilityStep(this.record.durability, durability, now, this.#lastStreamedMs);
    // Before the replicas are asked anything: those who give are waiting.
    await keepDurability(this.members, action, durability, sight);
    const beyondHelp = await tendReplicas(this.members, primary, sight);
    for (const [member, why] of beyondHelp) {
      await this.members.keeper.restand(member, { kind: 'unseeded', why });
      await this.members.record('resource.replica-lost', why, { member });
      this.members.options.log.progress(`${member}: is copied anew, for ${why}`);
    }
    this.#seedNext();
  }

  #commitsWait(): boolean {
    if (this.watch.sight === null || this.record.durability.kind !== 'sync') return false;
    return this.#streaming(this.watch.sight).length === 0;
  }

  #streaming({ replicas }: PrimarySight): readonly string[] {
    return this.record.members
      .filter(({ name, standing }) => {
        return standing.kind === 'replica' && replicas.get(name)?.streaming === true;
      })
      .map(({ name }) => name);
  }

  /** As many members as are wanted; neither the primary goes nor one whose data may be needed. */
  async #keepCount(): Promise<void> {
    if (primaryOf(this.record) === undefined) return;
    const { keeper } = this.members;
    const wanted = 1 + this.#settings.replicas;
    while (this.record.members.length < wanted) {
      const taken = new Set(this.record.members.map(({ port }) => port));
      const port = await findFreePort(Math.random, taken);
      const name = freeMemberName(this.members.options.name, this.record);
      const standing = { kind: 'unseeded', why: 'it is new' } as const;
      await keeper.change(({ members }) => ({ members: [...members, { name, port, standing }] }));
    }
    while (this.record.members.length > wanted) {
      const spare = this.record.members.findLast(
        ({ standing }) => standing.kind === 'replica' || standing.kind === 'unseeded',
      );
      if (spare === undefined) return;
      if (this.#seeding?.member === spare.name) await this.stopSeeding();
      await this.members.remove(spare.name);
      await rm(this.members.folderOf(spare.name), { recursive: true, force: true });
      await keeper.change(({ members }) => ({ members: members.filter((each) => each !== spare) }));
      await this.members.record('resource.member-removed', null, { member: spare.name });
    }
    if (this.#settings.durability === 'sync' && this.record.durability.kind === 'async') {
      await keeper.change(() => ({ durability: { kind: 'pending' } }));
    }
  }

  #seedNext(): void {
    const { log } = this.members.options;
    const member = this.record.members.find(({ standing }) => standing.kind === 'unseeded');
    const busy = this.#seeding !== null && this.#seeding.failure === null;
    if (member === undefined || busy || this.#now() < this.#seedAgainMs) return;
    this.#stopSeeding = new AbortController();
    const tell = (copied: CopyProgress | null): void => {
      this.#seeding = { member: member.name, copied, failure: null };
    };
    tell(null);
    log.progress(`${member.name}: copying the primary's data`);
    const seed = async (): Promise<void> => {
      try {
        await seedMember(this.members, member.name, this.#stopSeeding.signal, tell);
        this.#seeding = null;
        this.#pauseMs = seedAgainFirstMs;
        log.progress(`${member.name}: follows the primary`);
        this.#startMember(member);
      } catch (error) {
        const failure = error instanceof Error ? error.message : String(error);
        this.#seeding = { member: member.name, copied: null, failure };
        this.#seedAgainMs = this.#now() + this.#pauseMs;
        this.#pauseMs = Math.min(seedAgainLimitMs, this.#pauseMs * 2);
        log.progress(`${member.name}: could not be copied, and will be again: ${failure}`);
      }
    };
    this.#seedingDone = seed();
  }

  #startMember(member: MemberRecord): void {
    // One that does not come up is tried again by itself, and its standing says why it is down.
    this.members.start(member).catch(() => undefined);
  }

  #now(): number {
    return this.members.options.clock.monotonicMs();
  }
}
