import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { count, reportNumbers } from '../../../tests/support/prove.ts';
import { testSeed } from '../../../tests/support/seed.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import type { Randomness } from '../../ports/randomness/port.ts';
import type { ClaimedWrite } from '../../ports/writes/port.ts';
import { compactLogs } from './compact-logs.ts';
import { describeDeadLetter, describeStatus } from './describe-queue.ts';
import { diskUsageBytes } from './disk-usage.ts';
import { LogDirectory } from './log-directory.ts';
import { LogWriter } from './log-writer.ts';
import { QueueDrain } from './queue-drain.ts';
import type { Verdict } from './queue-drain.ts';
import { QueueModel } from './queue-model.ts';
import type { ModelWrite } from './queue-model.ts';
import { QueueView } from './queue-view.ts';
import { encodeDiscard, encodeWriteRecord, writeRecordBytes } from './write-record.ts';
import type { WriteRecord } from './write-record.ts';
import { ownWriterIdentity } from './writer-identity.ts';

const CLAIM_MS = 50;

/** Two appenders, two processes that may drain, and the model, under one simulated clock. */
class World {
  readonly model = new QueueModel();
  readonly #directory: LogDirectory;
  readonly #chance: Randomness;
  readonly #writers: LogWriter[];
  readonly #relocations: LogWriter;
  readonly #views: QueueView[];
  #nowMs = 1_000_000;
  #stamp = 1_000;
  #fence = 0;
  #holder = 0;
  #drain: QueueDrain;
  #claims: ClaimedWrite[] = [];
  #ids = 0;

  constructor(path: string, chance: Randomness) {
    this.#chance = chance;
    this.#directory = new LogDirectory(path);
    this.#directory.create();
    this.#writers = [this.#newWriter(), this.#newWriter()];
    this.#relocations = this.#newWriter();
    const view = (): QueueView =>
      new QueueView({
        directory: this.#directory,
        identity: ownWriterIdentity(),
        boot: 1,
        outcomes: { keepMs: 1e12, bytes: 1e9 },
        stampNs: () => this.#stamp,
      });
    this.#views = [view(), view()];
    this.#drain = this.#begin();
  }

  step(): void {
    this.#nowMs += this.#chance.integer(12);
    const roll = this.#chance.integer(100);
    if (roll < 35) this.#append();
    else if (roll < 55) this.#claim();
    else if (roll < 85) this.#conclude();
    else if (roll < 89) this.#requeue();
    else if (roll < 91) this.#discard();
    else if (roll < 93) this.#handOver();
    else if (roll < 95) this.#replaceWriter();
    else if (roll < 97) this.#compact();
    else this.#compareFollower();
  }

  /** Whatever is left is replayed; nothing stays behind but dead letters. */
  finish(): void {
    for (let round = 0; round < 10_000; round += 1) {
      this.#nowMs += CLAIM_MS;
      this.#claim();
      if (this.#claims.length === 0) break;
      while (this.#claims.length > 0) this.#conclude({ kind: 'done', answer: new Uint8Array(0) });
    }
    this.#compareFollower();
    assert.equal(this.#view.queue.depth, 0);
    for (let pass = 0; pass < 1_000; pass += 1) this.#compact();
    const letters = this.#view.queue.deadLetters.size;
    const bytes = diskUsageBytes(this.#directory.logs);
    assert.ok(bytes < 10_000 + letters * 1_000, `${bytes} bytes for ${letters} dead letters`);
    for (const writer of [...this.#writers, this.#relocations]) writer.close();
  }

  close(): void {
    this.#drain.close();
    for (const view of this.#views) view.close();
  }

  get #view(): QueueView {
    const view = this.#views[this.#holder];
    assert.ok(view !== undefined);
    return view;
  }

  #newWriter(): LogWriter {
    return new LogWriter({
      directory: this.#directory,
      identity: ownWriterIdentity(),
      boot: 1,
      segmentBytes: 600,
      sync: 'none',
      nowMs: () => this.#nowMs,
    });
  }

  #begin(): QueueDrain {
    this.#fence += 1;
    const drain = QueueDrain.begin({
      directory: this.#directory,
      view: this.#view,
      fence: this.#fence,
      holder: 'test',
      progressBytes: 3_000,
      nowMs: () => this.#nowMs,
    });
    assert.ok(drain !== null);
    return drain;
  }

  #write(record: WriteRecord): void {
    const bytes = Buffer.alloc(writeRecordBytes(record));
    encodeWriteRecord(bytes, 0, record);
    this.#send(bytes);
  }

  #send(bytes: Buffer): void {
    const writer = this.#writers[this.#chance.integer(this.#writers.length)];
    assert.equal(writer?.append([bytes]).kind, 'durable');
    this.#stamp += 1;
  }

  #append(): void {
    this.#ids += 1;
    const id = `id-${this.#ids}`;
    const key = `key-${this.#chance.integer(6)}`;
    const expiresAtMs = this.#nowMs + (this.#chance.integer(8) === 0 ? 60 : 1e6);
    const stamp = this.#stamp;
    this.#write({
      id,
      feature: 'f',
      key,
      body: Buffer.from(id),
      boot: 1,
      stampNs: BigInt(stamp),
      acceptedAtMs: this.#nowMs,
      expiresAtMs,
      origin: 'accepted',
    });
    const state = { kind: 'waiting' } as const;
    this.model.writes.set(id, { id, key, stamp, expiresAtMs, attempts: 0, state });
  }

  #claim(): void {
    const expected = this.model.claimable(this.#nowMs);
    const claimed = this.#drain.claim(1_000, CLAIM_MS, null);
    assert.deepEqual(
      claimed.map(({ id, attempts }) => [id, attempts]),
      expected.map(({ id, attempts }) => [id, attempts + 1]),
    );
    for (const one of claimed) {
      assert.equal(Buffer.from(one.body).toString(), one.id);
      const write = this.model.writes.get(one.id);
      if (write === undefined) continue;
      write.attempts += 1;
      write.state = { kind: 'claimed', claim: one.claim, untilMs: this.#nowMs + CLAIM_MS };
    }
    this.#claims.push(...claimed);
  }

  #conclude(verdict = this.#anyVerdict()): void {
    const [one] = this.#claims.splice(this.#chance.integer(Math.max(1, this.#claims.length)), 1);
    if (one === undefined) return;
    const write = this.model.writes.get(one.id);
    assert.ok(write !== undefined);
    const concluded = this.#drain.conclude(one.claim, one.id, verdict);
    assert.ok(this.#drain.flush());
    // It counts while the claim is the newest, even when it has run out; not once the write died.
    const isOwn = write.state.kind === 'claimed' && write.state.claim === one.claim;
    const isNewest = write.attempts === one.attempts && write.state.kind === 'waiting';
    assert.equal(concluded, isOwn || isNewest);
    if (!concluded) return;
    if (verdict.kind === 'done') write.state = { kind: 'done' };
    else if (verdict.kind === 'bury') write.state = { kind: 'dead' };
    else write.state = { kind: 'delayed', untilMs: this.#nowMs + verdict.delayMs };
  }

  #anyVerdict(): Verdict {
    const roll = this.#chance.integer(10);
    if (roll < 6) return { kind: 'done', answer: new Uint8Array(3) };
    return roll < 8 ? { kind: 'delay', delayMs: 30 } : { kind: 'bury', reason: 'refused' };
  }

  #deadWrite(): ModelWrite | undefined {
    const dead = [...this.model.writes.values()].filter(({ state }) => state.kind === 'dead');
    return dead[this.#chance.integer(Math.max(1, dead.length))];
  }

  /** Takes effect at the next claim, which follows at once so that the model may do it now. */
  #requeue(): void {
    const write = this.#deadWrite();
    const record = write && describeDeadLetter(this.#view, write.id);
    if (write === undefined || record === null || record === undefined) return;
    const expiresAtMs = this.#nowMs + 1e6;
    this.#write({ ...record, expiresAtMs, origin: 'requeued' });
    Object.assign(write, { expiresAtMs, attempts: 0, state: { kind: 'waiting' } });
    this.#claim();
  }

  #discard(): void {
    const write = this.#deadWrite();
    if (write === undefined || describeDeadLetter(this.#view, write.id) === null) return;
    const bytes = Buffer.alloc(32 + write.id.length);
    encodeDiscard(bytes, 0, write.id);
    this.#send(bytes);
    write.state = { kind: 'discarded' };
    this.#claim();
  }

  /** The other process takes over, and what the fenced one still says must not count. */
  #handOver(): void {
    const late = { drain: this.#drain, claims: this.#claims };
    const lateView = this.#view;
    this.#holder = 1 - this.#holder;
    this.#drain = this.#begin();
    this.#claims = [];
    for (const one of late.claims) {
      late.drain.conclude(one.claim, one.id, { kind: 'done', answer: new Uint8Array(0) });
    }
    assert.equal(late.drain.flush(), false);
    late.drain.close();
    lateView.refresh();
    for (const write of this.model.writes.values()) {
      if (write.state.kind === 'claimed') write.state = { kind: 'waiting' };
    }
  }

  #compact(): void {
    this.#drain.relocate(this.#relocations);
    assert.ok(this.#drain.flush());
    compactLogs(this.#directory, this.#view);
  }

  #replaceWriter(): void {
    const index = this.#chance.integer(this.#writers.length);
    this.#writers[index]?.close();
    this.#writers[index] = this.#newWriter();
  }

  /** The process that does not drain knows the same of every write. */
  #compareFollower(): void {
    this.#claim();
    assert.ok(this.#drain.flush());
    const follower = this.#views[1 - this.#holder];
    assert.ok(follower !== undefined);
    follower.refresh();
    assert.deepEqual([...follower.damage.values()], []);
    for (const id of this.model.writes.keys()) {
      const expected = this.model.statusOf(id);
      for (const view of [follower, this.#view]) {
        assert.equal(describeStatus(view, id, this.#nowMs)?.kind, expected, id);
      }
    }
  }
}

test('queue, files and followers agree with a model in memory, whatever happens', async () => {
  const { randomness } = testSeed('queue model');
  const folder = await temporaryFolder('model');
  const rounds = count(4, 60);
  const steps = 600;
  let writes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const world = new World(join(folder, `${round}`), randomness);
    for (let step = 0; step < steps; step += 1) world.step();
    world.finish();
    world.close();
    writes += world.model.writes.size;
  }
  reportNumbers('write queue against its model', { steps: rounds * steps, writes });
});
