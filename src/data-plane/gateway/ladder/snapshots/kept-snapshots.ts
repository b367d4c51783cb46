import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { PurgeTarget } from '../../../../contract/keys.ts';
import type { SnapshotRecord } from '../../../../contract/snapshots.ts';
import { writeFileAtomically } from '../../../../lib/atomic-file.ts';
import { readJsonFile } from '../../../../lib/json-file.ts';
import type { Log } from '../../../../lib/log.ts';
import type { Blobs } from '../../../../ports/blobs/port.ts';
import type { Clock, Timer } from '../../../../ports/clock/port.ts';
import { joined } from '../../../edge/cache/flat-headers.ts';
import type { Snapshot, Snapshots } from './snapshot.ts';
import { snapshotName } from './snapshot-targets.ts';

export interface KeptSnapshotOptions {
  /** Of this worker; what is found in it stands in while state and blobs are away. */
  readonly folder: string;
  readonly blobs: Pick<Blobs, 'get'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

interface Kept {
  readonly record: SnapshotRecord;
  readonly snapshot: Snapshot;
}

const RETRY_MS = 5_000;
/** A record that says otherwise is of no Turnout. */
const MOST_SNAPSHOTS = 1_000;

/**
 * The snapshots that state tells of, with their bodies in memory; on disk too, so that they are
 * there when state and blobs are not. One that cannot be read never takes the place of the one
 * before it.
 */
export class KeptSnapshots implements Snapshots {
  readonly #options: KeptSnapshotOptions;
  readonly #kept = new Map<string, Kept>();
  /** What state tells of, by name; what is not in it is gone. */
  readonly #wanted = new Map<string, SnapshotRecord>();
  readonly #retries = new Map<string, Timer>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: KeptSnapshotOptions) {
    this.#options = options;
  }

  find(feature: string, path: string): Snapshot | null {
    return this.#kept.get(snapshotName({ feature, path }))?.snapshot ?? null;
  }

  names(): readonly string[] {
    return [...this.#kept.keys()];
  }

  /** Finds again what was kept before a restart, where state has told of nothing newer. */
  async restore(): Promise<void> {
    const { folder } = this.#options;
    for (const file of (await readdir(folder).catch(() => [])).slice(0, MOST_SNAPSHOTS)) {
      const name = file.replace(/\.json$/, '');
      if (this.#wanted.has(name)) continue;
      const read = readJsonFile(join(folder, file)) as { record?: unknown; body?: unknown } | null;
      const { record, body } = read ?? {};
      if (!isRecord(record) || typeof body !== 'string') continue;
      const bytes = Buffer.from(body, 'base64');
      const isWhole = record.body === digestOf(bytes) && snapshotName(record) === name;
      if (isWhole && !this.#kept.has(name)) this.#put(name, record, bytes);
    }
  }

  /** What state says now under that name; null for gone. */
  set(name: string, record: SnapshotRecord | null): void {
    this.#retries.get(name)?.cancel();
    this.#retries.delete(name);
    if (record === null) {
      this.#wanted.delete(name);
      this.#drop(name);
      return;
    }
    if (!isRecord(record) || snapshotName(record) !== name) return;
    if (this.#wanted.size >= MOST_SNAPSHOTS && !this.#wanted.has(name)) return;
    this.#wanted.set(name, record);
    void this.#load(name, record);
  }

  /** Those that are meant and are not newer; says which, so that state can let go of them too. */
  purge(target: PurgeTarget, saidEpochMs: number): readonly string[] {
    const found = [...this.#kept].filter(
      ([, { record }]) => record.atMs <= saidEpochMs && isMeant(target, record),
    );
    for (const [name] of found) this.#drop(name);
    return found.map(([name]) => name);
  }

  async close(): Promise<void> {
    for (const timer of this.#retries.values()) timer.cancel();
    await this.#writing;
  }

  async #load(name: string, record: SnapshotRecord): Promise<void> {
    const held = this.#kept.get(name);
    if (held?.record.body === record.body) {
      // The same again, at a later time; its file need not be newer than its bytes.
      const { body } = held.snapshot;
      this.#kept.set(name, { record, snapshot: snapshotOf(record, body) });
      return;
    }
    const { blobs, clock, log } = this.#options;
    try {
      const bytes = await blobs.get(record.body);
      if (bytes === null) throw new Error(`the blob ${record.body} is missing`);
      if (this.#wanted.get(name) === record) this.#put(name, record, Buffer.from(bytes), true);
    } catch (error) {
      if (this.#wanted.get(name) !== record) return;
      const { feature, path } = record;
      log.warn('A snapshot could not be read; the one before it stays', {
        feature,
        path,
        error: String(error),
      });
      this.#retries.set(
        name,
        clock.after(RETRY_MS, () => void this.#load(name, record)),
      );
    }
  }

  #put(name: string, record: SnapshotRecord, body: Buffer, isNew = false): void {
    this.#kept.set(name, { record, snapshot: snapshotOf(record, body) });
    if (!isNew) return;
    const { folder } = this.#options;
    this.#then(async () => {
      if (this.#kept.get(name)?.record.body !== record.body) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const text = JSON.stringify({ record, body: body.toString('base64') });
      await writeFileAtomically(join(folder, `${name}.json`), text);
    });
  }

  #drop(name: string): void {
    if (!this.#kept.delete(name)) return;
    this.#then(async () => {
      if (this.#kept.has(name)) return;
      await rm(join(this.#options.folder, `${name}.json`), { force: true });
    });
  }

  /** In the background, in order; a disk that fails costs nothing but the copy. */
  #then(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      this.#options.log.warn('A snapshot could not be kept on disk', { error: String(error) });
    });
  }
}

function snapshotOf({ headers, atMs }: SnapshotRecord, body: Buffer): Snapshot {
  return { status: 200, headers, body, atMs };
}

/** Whatever host a purge names: one snapshot stands for all of them. */
function isMeant(target: PurgeTarget, { path, headers }: SnapshotRecord): boolean {
  switch (target.kind) {
    case 'all':
      return true;
    case 'key':
      return (joined(headers, 'surrogate-key') ?? '').split(/[\s,]+/).includes(target.key);
    case 'path':
      return target.isPrefix ? path.startsWith(target.path) : path === target.path;
  }
}

function isRecord(value: unknown): value is SnapshotRecord {
  const record = value as Partial<SnapshotRecord> | null;
  return (
    typeof record?.feature === 'string' &&
    typeof record.path === 'string' &&
    typeof record.body === 'string' &&
    typeof record.atMs === 'number' &&
    Array.isArray(record.headers) &&
    record.headers.length % 2 === 0 &&
    record.headers.every((text) => typeof text === 'string' && !/[\r\n]/.test(text))
  );
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
