import { mkdir, readFile, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../lib/atomic-file.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import { dataFolderIn } from './postgres-cluster.ts';
import type { DurabilityRecord } from './durability-record.ts';
import type { PromotionRecord } from './promotion-record.ts';

/**
 * What must be known of a resource's members whoever is killed when: kept beside their data, and
 * always written before what it speaks of is done.
 */
export interface ReplicationRecord {
  readonly format: 1;
  readonly members: readonly MemberRecord[];
  readonly durability: DurabilityRecord;
  /** The one that is under way. */
  readonly promotion: PromotionRecord | null;
}

export interface MemberRecord {
  /** `donations-1`: its folder in the resource's. */
  readonly name: string;
  readonly port: number;
  readonly standing: MemberStanding;
}

export type MemberStanding =
  | { readonly kind: 'primary' }
  | { readonly kind: 'replica' }
  /** Its data are of no use, or there are none: it waits for a copy of the primary's. */
  | { readonly kind: 'unseeded'; readonly why: string }
  /** Was the primary, or chosen to be the next, and must never be started as one. */
  | { readonly kind: 'fenced'; readonly at: string; readonly was?: 'chosen' };

/** The record of a resource, changed by one at a time. */
export class RecordKeeper {
  #current: ReplicationRecord;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #folder: string;

  constructor(folder: string, current: ReplicationRecord) {
    this.#folder = folder;
    this.#current = current;
  }

  get current(): ReplicationRecord {
    return this.#current;
  }

  /** Resolves once the change is on disk; only then is it seen. */
  change(make: (current: ReplicationRecord) => Partial<ReplicationRecord>): Promise<void> {
    const turn = this.#queue.then(() => this.#write(make(this.#current)));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #write(part: Partial<ReplicationRecord>): Promise<void> {
    const changed = { ...this.#current, ...part };
    await writeFileAtomically(fileIn(this.#folder), `${JSON.stringify(changed, null, 2)}\n`);
    this.#current = changed;
  }

  /** Says how a member stands. */
  restand(name: string, standing: MemberStanding): Promise<void> {
    return this.change(({ members }) => ({ members: withStanding(members, name, standing) }));
  }
}

export function withStanding(
  members: readonly MemberRecord[],
  name: string,
  standing: MemberStanding,
): readonly MemberRecord[] {
  return members.map((member) => (member.name === name ? { ...member, standing } : member));
}

/** The one that takes writes; undefined in the midst of a promotion. */
export function primaryOf({ members }: ReplicationRecord): MemberRecord | undefined {
  return members.find(({ standing }) => standing.kind === 'primary');
}

/** What is kept; null for a resource that has not been up with this version. */
export async function readReplicationRecord(folder: string): Promise<ReplicationRecord | null> {
  const text = await readFile(fileIn(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : (JSON.parse(text) as ReplicationRecord);
}

/**
 * The record of a resource, made when there is none. Data that an earlier version laid down, which
 * knew one server only, become the first member's: a server that runs on them runs on, for it knows
 * its folder by its working directory. Rejects with `postgres-record-missing` where several members
 * have data and nothing says which is the primary.
 */
export async function openReplicationRecord(
  folder: string,
  name: string,
  choosePort: () => Promise<number>,
): Promise<RecordKeeper> {
  const kept = await readReplicationRecord(folder);
  if (kept !== null) return new RecordKeeper(folder, kept);
  const first = memberName(name, 1);
  const others = await membersWithData(folder);
  if (others.some((other) => other !== first)) throw recordMissing(folder, others);
  if (await isThere(dataFolderIn(folder))) {
    await mkdir(join(folder, first), { recursive: true, mode: 0o700 });
    await rename(dataFolderIn(folder), dataFolderIn(join(folder, first)));
  }
  const keeper = new RecordKeeper(folder, {
    format: 1,
    members: [{ name: first, port: await choosePort(), standing: { kind: 'primary' } }],
    durability: { kind: 'async' },
    promotion: null,
  });
  await keeper.change(() => ({}));
  return keeper;
}

/** The first that no member has. */
export function freeMemberName(resource: string, { members }: ReplicationRecord): string {
  const taken = new Set(members.map(({ name }) => name));
  for (let number = 1; ; number += 1) {
    const name = memberName(resource, number);
    if (!taken.has(name)) return name;
  }
}

function memberName(resource: string, number: number): string {
  return `${resource}-${number}`;
}

/** Every member that has data, whatever the record says. */
export async function membersWithData(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const there = await Promise.all(names.map((name) => isThere(dataFolderIn(join(folder, name)))));
  return names.filter((_, index) => there[index]);
}

function fileIn(folder: string): string {
  return join(folder, 'replication.json');
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function recordMissing(folder: string, members: readonly string[]): TurnoutError {
  return new TurnoutError(
    'postgres-record-missing',
    `${fileIn(folder)} is missing, and nothing else says which of ${members.join(', ')} is the primary.`,
    'Put the file back from a backup; or move away the folders of all members but the right one, ' +
      'and rename that one so that it ends in -1.',
  );
}
