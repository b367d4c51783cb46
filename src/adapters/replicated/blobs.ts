import { TurnoutError } from '../../lib/errors.ts';
import { digestOf, hexOfDigest } from '../../ports/blobs/digest.ts';
import type { BlobReader, Blobs, CollectReport, StoredBlob } from '../../ports/blobs/port.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { BlobStoreStanding } from '../../contract/blob-stores.ts';
import { copyStream } from './copying-stream.ts';
import { failoverReader } from './failover-reader.ts';
import { firstAnswer } from './first-answer.ts';
import { Replica, type BlobStore } from './replica.ts';
import { MissingBlobs } from './missing-blobs.ts';

export interface ReplicatedBlobsOptions {
  /** In the order in which they are asked. */
  readonly stores: readonly BlobStore[];
  readonly clock: Clock;
  /** How long the first may take before the next is asked too. */
  readonly hedgeMs?: number;
  readonly stallMs?: number;
}

export interface ReplicatedBlobs extends Blobs {
  /** How each store stands, as far as this process has to do with it. */
  standing(): readonly BlobStoreStanding[];
  /** Copies what one has and another lacks; the stores that answer are made alike. */
  repair(): Promise<RepairReport>;
}

export interface RepairReport {
  readonly copied: number;
  /** Could not be copied now; the next repair tries again. */
  readonly failed: number;
  /** Regions that did not say what they hold. */
  readonly unreachable: readonly string[];
}

/** What calls may take, in stalls: to read, to ask whether one is there, to write a small one. */
const patience = { read: 10, check: 3, put: 5 };
/** To verify a large one before its first byte. */
const longReadMs = 60_000;
/** To copy a large one. */
const writeMs = 300_000;
/** To list or to clean up. */
const longMs = 600_000;

/**
 * Blobs in several stores, each with all of them: written to all, read from the first that answers.
 * A store that fails costs nothing but its copy, and `repair` makes that good.
 */
export function createReplicatedBlobs(options: ReplicatedBlobsOptions): ReplicatedBlobs {
  return new StoresOfAll(options);
}

class StoresOfAll implements ReplicatedBlobs {
  readonly #replicas: readonly Replica[];
  readonly #clock: Clock;
  readonly #hedgeMs: number;
  readonly #stallMs: number;
  readonly #missing: MissingBlobs;

  constructor({ stores, clock, hedgeMs = 150, stallMs = 1_000 }: ReplicatedBlobsOptions) {
    const limits = { stallMs, failures: 2, aloneMs: 5_000, mostAloneMs: 60_000 };
    this.#replicas = stores.map((store) => new Replica(store, clock, limits));
    this.#clock = clock;
    this.#hedgeMs = hedgeMs;
    this.#stallMs = stallMs;
    this.#missing = new MissingBlobs(stores.map(({ region }) => region));
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    // A megabyte a second is slow, and no stall.
    const limitMs = this.#stallMs * patience.put + bytes.length / 1_000;
    const outcomes = await this.#onAll((blobs) => blobs.put(bytes), limitMs);
    this.#assertOne(outcomes);
    this.#note(digest, outcomes);
    return digest;
  }

  async putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const outcomes = await copyStream(
      source,
      this.#replicas.map(
        (replica) => (branch) => replica.call((blobs) => blobs.putStream(branch), writeMs),
      ),
      this.#stallMs * 5,
      this.#clock,
    );
    const stored = this.#assertOne(outcomes);
    this.#note(stored.digest, outcomes);
    return stored;
  }

  async get(digest: string): Promise<Uint8Array | null> {
    hexOfDigest(digest);
    const lacking: Replica[] = [];
    const bytes = await this.#first((replica) =>
      this.#orLacking(replica, lacking, (blobs) => blobs.get(digest), true),
    );
    if (bytes !== null && lacking.length > 0) this.#mend(digest, lacking, (to) => to.put(bytes));
    return bytes;
  }

  async openRead(digest: string): Promise<BlobReader | null> {
    hexOfDigest(digest);
    const lacking: Replica[] = [];
    const opened = await this.#first(async (replica) => {
      const read = (blobs: Blobs) => blobs.openRead(digest);
      const reader = await this.#orLacking(replica, lacking, read, false);
      return reader === null ? null : { replica, reader };
    });
    if (opened === null) return null;
    const { replica, reader } = opened;
    const others = this.#order()
      .filter((other) => other !== replica)
      .map((other) => () => other.call((blobs) => blobs.openRead(digest), longReadMs));
    const whole = failoverReader(reader, others, this.#stallMs, this.#clock);
    if (lacking.length > 0) this.#mend(digest, lacking, (to) => to.putStream(whole.read()));
    return whole;
  }

  /**
   * True once every store that answers has it: what only one held is copied now, so that whoever
   * is told of a blob need not put it again.
   */
  async has(digest: string): Promise<boolean> {
    hexOfDigest(digest);
    const outcomes = await this.#onAll(
      (blobs) => blobs.has(digest),
      this.#stallMs * patience.check,
      true,
    );
    this.#assertOne(outcomes);
    const holds = outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value);
    if (!holds.includes(true)) return false;
    for (const [place, outcome] of outcomes.entries()) {
      if (holds[place] === true) continue;
      const to = this.#replicas[place] as Replica;
      if (outcome.status === 'rejected' || !(await this.#copy(digest, to))) {
        this.#missing.add(to.region, digest);
      }
    }
    return true;
  }

  async *list(): AsyncIterable<string> {
    const listed = await this.#onAll(listAll, longMs);
    this.#assertOne(listed);
    const seen = new Set<string>();
    for (const outcome of listed) {
      for (const digest of outcome.status === 'fulfilled' ? outcome.value : []) {
        if (!seen.has(digest)) yield digest;
        seen.add(digest);
      }
    }
  }

  async collect(keep: ReadonlySet<string>, olderThanMs: number): Promise<CollectReport> {
    const reports = await this.#onAll((blobs) => blobs.collect(keep, olderThanMs), longMs);
    this.#assertOne(reports);
    // The same blobs in each: what is told is of one copy, the one of which most is said.
    return reports
      .flatMap((report) => (report.status === 'fulfilled' ? [report.value] : []))
      .reduce((most, each) => (each.kept + each.removed > most.kept + most.removed ? each : most));
  }

  standing(): readonly BlobStoreStanding[] {
    return this.#replicas.map((replica) => ({
      region: replica.region,
      state: replica.isLeftAlone() ? 'left-alone' : replica.reason === null ? 'up' : 'failing',
      reason: replica.reason,
      missing: this.#missing.count(replica.region),
    }));
  }

  async repair(): Promise<RepairReport> {
    const listed = await this.#onAll(listAll, longMs);
    const held = listed.map((outcome) =>
      outcome.status === 'fulfilled' ? new Set(outcome.value) : null,
    );
    let copied = 0;
    let failed = 0;
    for (const digest of new Set(held.flatMap((each) => [...(each ?? [])]))) {
      for (const [place, of] of held.entries()) {
        const to = this.#replicas[place] as Replica;
        if (of === null || of.has(digest)) this.#missing.take(to.region, of === null ? '' : digest);
        else if (await this.#copy(digest, to)) copied += 1;
        else failed += 1;
      }
    }
    const unreachable = this.#replicas
      .filter((_, place) => held[place] === null)
      .map(({ region }) => region);
    return { copied, failed, unreachable };
  }

  /** Those that are well first; who is left alone is asked when nobody else can say. */
  #order(): readonly Replica[] {
    return this.#replicas.toSorted((a, b) => Number(a.isLeftAlone()) - Number(b.isLeftAlone()));
  }

  #first<Result>(ask: (replica: Replica) => Promise<Result | null>): Promise<Result | null> {
    const asks = this.#order().map((replica) => () => ask(replica));
    return firstAnswer(asks, this.#hedgeMs, this.#clock);
  }

  /** Who has it not, or has other bytes under its name, is given it by whoever has. */
  async #orLacking<Result>(
    replica: Replica,
    lacking: Replica[],
    read: (blobs: Blobs) => Promise<Result | null>,
    quick: boolean,
  ): Promise<Result | null> {
    try {
      const found = await replica.call(read, quick ? this.#stallMs * patience.read : longReadMs, {
        quick,
      });
      if (found === null) lacking.push(replica);
      return found;
    } catch (error) {
      if (error instanceof TurnoutError && error.code === 'blob-corrupt') lacking.push(replica);
      throw error;
    }
  }

  #mend(
    digest: string,
    lacking: readonly Replica[],
    give: (blobs: Blobs) => Promise<unknown>,
  ): void {
    for (const replica of lacking) {
      replica.call(give, writeMs).then(
        () => this.#missing.take(replica.region, digest),
        () => this.#missing.add(replica.region, digest),
      );
    }
  }

  /** True once the store has it. */
  async #copy(digest: string, to: Replica): Promise<boolean> {
    try {
      for (const from of this.#order()) {
        if (from === to) continue;
        const reader = await from.call((blobs) => blobs.openRead(digest), longReadMs);
        if (reader === null) continue;
        await to.call((blobs) => blobs.putStream(reader.read()), writeMs);
        this.#missing.take(to.region, digest);
        return true;
      }
    } catch {
      // Told by how the stores stand; the next repair tries again.
    }
    return false;
  }

  /** Asks all that are not left alone, and those too where all are. */
  #onAll<Result>(
    work: (blobs: Blobs) => Promise<Result>,
    limitMs: number,
    quick = false,
  ): Promise<PromiseSettledResult<Result>[]> {
    const allAlone = this.#replicas.every((replica) => replica.isLeftAlone());
    return Promise.allSettled(
      this.#replicas.map((replica) =>
        replica.isLeftAlone() && !allAlone
          ? Promise.reject(leftAlone(replica))
          : replica.call(work, limitMs, { quick }),
      ),
    );
  }

  #assertOne<Result>(outcomes: readonly PromiseSettledResult<Result>[]): Result {
    const done = outcomes.find((outcome) => outcome.status === 'fulfilled');
    if (done !== undefined) return done.value;
    throw (outcomes[0] as PromiseRejectedResult).reason;
  }

  #note(digest: string, outcomes: readonly PromiseSettledResult<unknown>[]): void {
    for (const [place, { status }] of outcomes.entries()) {
      const { region } = this.#replicas[place] as Replica;
      if (status === 'fulfilled') this.#missing.take(region, digest);
      else this.#missing.add(region, digest);
    }
  }
}

async function listAll(blobs: Blobs): Promise<readonly string[]> {
  return Array.fromAsync(blobs.list());
}

function leftAlone({ region, reason }: Replica): TurnoutError {
  return new TurnoutError(
    'blob-store-left-alone',
    `The blobs in ${region} are left alone for a while: ${reason ?? 'they fail'}.`,
    'Look at the disk or file system that they lie on; what it lacks is copied once it answers.',
  );
}
