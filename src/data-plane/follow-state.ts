import { PREVIEWS_PREFIX, type FrontendPreview } from '../contract/frontend-preview.ts';
import {
  type FlagsRecord,
  FLAGS_PREFIX,
  SET_FLAGS_KEY,
  type SetFlags,
  WRITTEN_FLAGS_KEY,
} from '../contract/flags.ts';
import {
  CONFIGURATION_KEY,
  type ConfigurationPointer,
  ENDPOINTS_PREFIX,
  type Endpoints,
  FRONTENDS_PREFIX,
  type FrontendPointer,
  type ForgottenPurges,
  type Purge,
  purgeEpochMs,
  PURGES_FORGOTTEN_KEY,
  PURGES_PREFIX,
} from '../contract/keys.ts';
import { CIRCUIT_HOLDS_PREFIX, type CircuitHold } from '../contract/circuits.ts';
import { type SnapshotRecord, SNAPSHOTS_PREFIX } from '../contract/snapshots.ts';
import { type LiveTableEntry, TABLES_PREFIX } from '../contract/tables.ts';
import type { Log } from '../lib/log.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { State, StateChange, Watch } from '../ports/state/port.ts';
import { noFlags, type KnownFlags } from './gateway/switches/switches.ts';
import type { ConfigurationFiles } from './kept-files.ts';
import { fileDigests, type WrittenConfiguration } from './read-configuration.ts';

export interface StateListener {
  configuration(written: WrittenConfiguration, files: ConfigurationFiles): void;
  endpoints(service: string, endpoints: Endpoints | null): void;
  frontend(frontend: string, pointer: FrontendPointer | null): void;
  /** `name` is `<frontend>/<id>`. */
  preview(name: string, preview: FrontendPreview | null): void;
  /** `saidEpochMs` may be long ago: all that state still knows of is told at each first contact. */
  purge(purge: Purge, saidEpochMs: number): void;
  /** What was purged until then is no longer told by `purge`. */
  purgesForgotten(untilEpochMs: number): void;
  /** What the site got of a feature by itself, by its name in state; null for gone. */
  snapshot(name: string, record: SnapshotRecord | null): void;
  /** An entry of a table that was changed at run time, by its name in state; null for gone. */
  tableEntry(name: string, entry: LiveTableEntry | null): void;
  /** A circuit, or both of a feature, held by hand; null for let go. */
  circuitHold(name: string, hold: CircuitHold | null): void;
  /** What is written of the flags, or set by hand, became another. */
  flags(change: Partial<KnownFlags>): void;
  /** All that state holds under a prefix has been told; what is not in `names` is gone. */
  complete(kind: NamedKind, names: ReadonlySet<string>): void;
}

export type NamedKind =
  | 'endpoints'
  | 'frontends'
  | 'previews'
  | 'snapshots'
  | 'tables'
  | 'circuit-holds';

export interface Following {
  /** Resolves once state was read for the first time, or could not be. */
  readonly firstContact: Promise<void>;
  close(): void;
}

const MAX_RETRY_MS = 5_000;

/**
 * Tells `listener` what the controller wrote, now and whenever it changes; tries again for ever
 * when state is away.
 */
export function followState(parts: FollowParts, listener: StateListener): Following {
  const follower = new Follower(parts, listener);
  return {
    firstContact: follower.persist('Reading the state', () => follower.watchAll()),
    close: () => follower.close(),
  };
}

export interface FollowParts {
  readonly state: State;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Log;
}

class Follower {
  readonly #parts: FollowParts;
  readonly #listener: StateListener;
  readonly #stop = new AbortController();
  readonly #watches: Watch[] = [];
  /** The digest that the configuration key points at; null when it points at none. */
  #wanted: string | null = null;
  #loading: Promise<void> = Promise.resolve();

  constructor(parts: FollowParts, listener: StateListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Does the work, again and again until it succeeds. */
  async persist(what: string, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stop;
    for (let delayMs = 100; !signal.aborted; delayMs = Math.min(MAX_RETRY_MS, delayMs * 2)) {
      try {
        await work();
        return;
      } catch (error) {
        log.warn(`${what} failed; trying again`, { error: String(error), inMs: delayMs });
      }
      await clock.sleep(delayMs, signal).catch(() => undefined);
    }
  }

  async watchAll(): Promise<void> {
    this.#closeWatches();
    await this.#watch(CONFIGURATION_KEY, (change) => {
      if (change.kind === 'put' && change.key === CONFIGURATION_KEY) {
        this.#loading = this.#load(change.value as unknown as ConfigurationPointer);
      }
    });
    await this.#watchFlags();
    await this.#watchNames(ENDPOINTS_PREFIX, 'endpoints', (name, value) =>
      this.#listener.endpoints(name, value as Endpoints | null),
    );
    await this.#watchNames(FRONTENDS_PREFIX, 'frontends', (name, value) =>
      this.#listener.frontend(name, value as FrontendPointer | null),
    );
    await this.#watchNames(TABLES_PREFIX, 'tables', (name, value) =>
      this.#listener.tableEntry(name, value as LiveTableEntry | null),
    );
    await this.#watchNames(PREVIEWS_PREFIX, 'previews', (name, value) =>
      this.#listener.preview(name, value as FrontendPreview | null),
    );
    await this.#watchNames(CIRCUIT_HOLDS_PREFIX, 'circuit-holds', (name, value) =>
      this.#listener.circuitHold(name, value as CircuitHold | null),
    );
    await this.#watchNames(SNAPSHOTS_PREFIX, 'snapshots', (name, value) =>
      this.#listener.snapshot(name, value as SnapshotRecord | null),
    );
    await this.#watch(PURGES_PREFIX, (change) => {
      if (change.kind !== 'put') return;
      this.#listener.purge(change.value as Purge, purgeEpochMs(change.key));
    });
    await this.#watch(PURGES_FORGOTTEN_KEY, (change) => {
      if (change.kind !== 'put' || change.key !== PURGES_FORGOTTEN_KEY) return;
      this.#listener.purgesForgotten((change.value as ForgottenPurges).untilEpochMs);
    });
    await this.#loading;
  }

  close(): void {
    this.#stop.abort();
    this.#closeWatches();
  }

  #closeWatches(): void {
    for (const watching of this.#watches.splice(0)) watching.close();
  }

  #load(pointer: ConfigurationPointer): Promise<void> {
    this.#wanted = pointer.digest;
    return this.persist(`Reading the configuration ${pointer.model}`, async () => {
      // Where a later pointer has taken its place, there is nothing left to do.
      if (this.#wanted !== pointer.digest) return;
      const bytes = await this.#parts.blobs.get(pointer.digest);
      if (bytes === null) throw new Error(`the blob ${pointer.digest} is missing`);
      if (this.#wanted !== pointer.digest) return;
      const text = Buffer.from(bytes).toString('utf8');
      const written = JSON.parse(text) as WrittenConfiguration;
      const files = await this.#filesOf(written);
      if (this.#wanted === pointer.digest) this.#listener.configuration(written, files);
    });
  }

  async #filesOf(written: WrittenConfiguration): Promise<ConfigurationFiles> {
    const files = new Map<string, Uint8Array>();
    for (const [path, digest] of Object.entries(fileDigests(written))) {
      const bytes = await this.#parts.blobs.get(digest);
      if (bytes === null) throw new Error(`the blob ${digest} of ${path} is missing`);
      files.set(path, bytes);
    }
    return files;
  }

  /** A kept flag is gone only where state says all it has. */
  async #watchFlags(): Promise<void> {
    const missing = new Set([WRITTEN_FLAGS_KEY, SET_FLAGS_KEY]);
    await this.#watch(FLAGS_PREFIX, (change) => {
      missing.delete(change.key);
      const value = change.kind === 'put' ? change.value : null;
      if (change.key === WRITTEN_FLAGS_KEY) {
        this.#listener.flags({ written: value as FlagsRecord | null });
      } else if (change.key === SET_FLAGS_KEY) {
        this.#listener.flags({ set: (value as SetFlags | null) ?? noFlags.set });
      }
    });
    if (this.#wanted === null) return;
    if (missing.has(WRITTEN_FLAGS_KEY)) this.#listener.flags({ written: null });
    if (missing.has(SET_FLAGS_KEY)) this.#listener.flags({ set: noFlags.set });
  }

  async #watch(prefix: string, listen: (change: StateChange) => void): Promise<void> {
    const watching = await this.#parts.state.watch(prefix, listen);
    if (this.#stop.signal.aborted) watching.close();
    else this.#watches.push(watching);
  }

  async #watchNames(
    prefix: string,
    kind: NamedKind,
    tell: (name: string, value: unknown) => void,
  ): Promise<void> {
    const names = new Set<string>();
    let told = false;
    await this.#watch(prefix, (change) => {
      const name = change.key.slice(prefix.length);
      if (!told) names.add(name);
      tell(name, change.kind === 'put' ? change.value : null);
    });
    told = true;
    // A state without any configuration is a new or lost one: nothing is concluded from what it
    // does not hold.
    if (this.#wanted !== null) this.#listener.complete(kind, names);
  }
}
