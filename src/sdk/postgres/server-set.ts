import { setTimeout as delay } from 'node:timers/promises';
import type { SdkNeedPolicy } from '../../contract/sdk-policy.ts';
import { log } from '../log.ts';
import type { NeedReports } from '../need-reports.ts';
import type { DatabaseMode } from './database.ts';
import type { DatabaseServer, ServerState } from './database-server.ts';

/** Pauses between looks at the servers: they grow while something is lost. */
const FIRST_PAUSE_MS = 100;
const PAUSE_GROWTH = 1.5;
/** A promotion must be seen within a second. */
const LONGEST_WITHOUT_PRIMARY_MS = 700;
const LONGEST_WITHOUT_OTHERS_MS = 5_000;
const ALL_WELL_MS = 5_000;
/** Of a pause, at random, so that many instances do not ask at once. */
const JITTER = 0.25;
const LONGEST_ASKING_MS = 1_000;
/** Writes that find no primary make one look together, and not each its own. */
const FRESH_LOOK_MS = 100;

/**
 * The servers of one database: who is the primary, who can be read, who is lost. It asks them when
 * something fails and, unasked, again and again; and it says in `Service-Health` what is down.
 */
export class ServerSet {
  readonly servers: readonly DatabaseServer[];
  readonly #need: string;
  readonly #policy: SdkNeedPolicy;
  readonly #reports: NeedReports;
  readonly #closing = new AbortController();
  #looking: readonly Promise<void>[] | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #latestTimeline = 0;
  #failedSince = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    need: string,
    servers: readonly DatabaseServer[],
    policy: SdkNeedPolicy,
    reports: NeedReports,
  ) {
    this.#need = need;
    this.servers = servers;
    this.#policy = policy;
    this.#reports = reports;
    if (servers.length > 0) void this.#look();
  }

  mode(): DatabaseMode {
    if (this.servers.every(({ state }) => state.kind === 'unknown')) return 'read-write';
    if (this.#primary() !== null) return 'read-write';
    return this.readable().length > 0 ? 'read-only' : 'lost';
  }

  /**
   * Whom to read from, best first: in the order of the policy, then who has not been asked yet. A
   * fenced server has fallen behind, and is read only where there is no other.
   */
  readable(): readonly DatabaseServer[] {
    const replicas = rotated(this.servers.filter(({ state }) => state.kind === 'replica'));
    const byRole = { primary: this.#primaries(), replica: replicas };
    const known = this.#policy.reads.flatMap((role) => byRole[role]);
    const unknown = this.servers.filter(({ state }) => state.kind === 'unknown');
    const fresh = [...known, ...unknown].sort(suspectsLast);
    if (fresh.length > 0) return fresh;
    return this.servers.filter(({ state }) => state.kind === 'fenced' || state.kind === 'primary');
  }

  /** Whom else to read from, after a look at all where nobody else is known to be well. */
  async findReadable(asked: ReadonlySet<DatabaseServer>): Promise<readonly DatabaseServer[]> {
    const others = (): DatabaseServer[] => this.readable().filter((server) => !asked.has(server));
    const known = others();
    if (known.length > 0) return known;
    await Promise.all(await this.#freshLook());
    return others();
  }

  /** The primary as far as it is known, else after a look at all; null when there is none. */
  async findPrimary(): Promise<DatabaseServer | null> {
    const known = this.#primary();
    if (known !== null) return known;
    const asking = await this.#freshLook();
    // A server that hangs must not hold up the news that another is the primary.
    return new Promise((resolve) => {
      const tell = (): void => {
        const found = this.#primary();
        if (found !== null) resolve(found);
      };
      for (const asked of asking) void asked.then(tell);
      void Promise.all(asking).then(() => resolve(this.#primary()));
    });
  }

  /** A server failed somebody: it is looked for at once who can take over. */
  failed(server: DatabaseServer, reason: string): void {
    if (server.state.kind !== 'lost') {
      log.warn('a server of a database is lost', {
        need: this.#need,
        server: server.name,
        reason,
      });
    }
    server.lose(reason);
    this.#failedSince = true;
    this.#report();
    this.#lookSoon();
  }

  /** It did not answer in time: it is asked how it is, and until then others are read first. */
  slow(server: DatabaseServer): void {
    if (server.suspect) return;
    server.suspect = true;
    this.#lookSoon();
  }

  /** It is well, and no primary any more. */
  demoted(server: DatabaseServer): void {
    if (server.state.kind === 'primary') server.state = { kind: 'fenced' };
    this.#report();
    this.#lookSoon();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const role of ['', '.primary', '.replica']) this.#reports.up(this.#need + role);
    await Promise.all(this.#looking ?? []);
    await Promise.all(this.servers.map((server) => server.close()));
  }

  #primary(): DatabaseServer | null {
    return this.#primaries()[0] ?? null;
  }

  /**
   * Those that say they are the primary and are on the latest timeline: one that was promoted away
   * from, and came back, is no primary whatever it says. Where addresses are proxies, two of them
   * may lead to the same server for a moment.
   */
  #primaries(): readonly DatabaseServer[] {
    for (const { state } of this.servers) {
      if (state.kind === 'primary') {
        this.#latestTimeline = Math.max(this.#latestTimeline, state.timeline);
      }
    }
    return this.servers.filter(
      ({ state }) => state.kind === 'primary' && state.timeline >= this.#latestTimeline,
    );
  }

  /**
   * A look by which to tell who is well: the one under way or, where somebody has failed since the
   * last, another. None where the last was just now, and still tells.
   */
  async #freshLook(): Promise<readonly Promise<void>[]> {
    if (this.#looking === null && this.#lookedJustNow()) {
      if (!this.#failedSince) return [];
      await delay(FRESH_LOOK_MS, undefined, { ref: false });
      if (!this.#failedSince) return this.#looking ?? [];
    }
    return this.#look();
  }

  #lookedJustNow(): boolean {
    return this.#looking === null && performance.now() - this.#lookedAtMs < FRESH_LOOK_MS;
  }

  #lookSoon(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    if (this.#lookedJustNow()) this.#lookAfter(FRESH_LOOK_MS);
    else void this.#look();
  }

  /** Asks every server, one look at a time; each promise resolves when one has answered. */
  #look(): readonly Promise<void>[] {
    if (this.#closing.signal.aborted) return [];
    if (this.#looking !== null) return this.#looking;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#failedSince = false;
    const askingMs = Math.min(LONGEST_ASKING_MS, this.#policy.timeoutMs);
    const looking = this.servers.map(async (server) => {
      const before = server.state;
      await server.ask(askingMs);
      this.#logChange(server, before);
      this.#report();
    });
    this.#looking = looking;
    void this.#afterLook(looking);
    return looking;
  }

  async #afterLook(looking: readonly Promise<void>[]): Promise<void> {
    await Promise.all(looking);
    this.#looking = null;
    this.#lookedAtMs = performance.now();
    this.#lookAfter(this.#nextPauseMs());
  }

  #lookAfter(pauseMs: number): void {
    if (this.#closing.signal.aborted) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const jitter = 1 + JITTER * (2 * Math.random() - 1);
    this.#timer = setTimeout(() => void this.#look(), pauseMs * jitter);
    // A script that has done its work must not be kept alive by this.
    this.#timer.unref();
  }

  #nextPauseMs(): number {
    const primary = this.#primary();
    if (primary !== null && this.servers.every(({ state }) => isWell(state))) {
      this.#pauseMs = FIRST_PAUSE_MS;
      return ALL_WELL_MS;
    }
    const longest = primary === null ? LONGEST_WITHOUT_PRIMARY_MS : LONGEST_WITHOUT_OTHERS_MS;
    const pauseMs = Math.min(this.#pauseMs, longest);
    this.#pauseMs = Math.min(this.#pauseMs * PAUSE_GROWTH, LONGEST_WITHOUT_OTHERS_MS);
    return pauseMs;
  }

  /** Only what was asked is reported: who is not known yet is not called lost. */
  #report(): void {
    if (this.#closing.signal.aborted) return;
    if (this.servers.some(({ state }) => state.kind === 'unknown')) return;
    const lost = {
      '': this.readable().length === 0,
      '.primary': this.#primary() === null,
      '.replica':
        this.servers.length > 1 && !this.servers.some(({ state }) => state.kind === 'replica'),
    };
    for (const [role, isLost] of Object.entries(lost)) {
      if (isLost) this.#reports.down(this.#need + role);
      else this.#reports.up(this.#need + role);
    }
  }

  #logChange({ name, state }: DatabaseServer, before: ServerState): void {
    if (state.kind === before.kind || before.kind === 'unknown') return;
    const fields = { need: this.#need, server: name };
    if (state.kind === 'lost') {
      log.warn('a server of a database is lost', { ...fields, reason: state.reason });
    } else {
      log.info(`a server of a database is ${state.kind}`, fields);
    }
  }
}

function isWell(state: ServerState): boolean {
  return state.kind === 'primary' || state.kind === 'replica';
}

function suspectsLast(one: DatabaseServer, other: DatabaseServer): number {
  return Number(one.suspect) - Number(other.suspect);
}

/** So that several replicas share the reads. */
function rotated<T>(all: readonly T[]): readonly T[] {
  if (all.length < 2) return all;
  const first = Math.floor(Math.random() * all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}
