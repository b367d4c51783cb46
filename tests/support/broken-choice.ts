import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { recoverData } from '../../src/controller/resources/postgres/running-server.ts';
import { eventually } from './eventually.ts';
import { killPostgres } from './kill-postgres.ts';
import { follows, giveUnderLoad } from './replicated-database.ts';
import type { ReplicatedDatabase } from './replicated-database.ts';

/** Without it no server starts on the data, and nobody can say whether one ever took writes. */
export const controlFile = join('global', 'pg_control');

/** Breaks a member so that it can be mended: takes a file away, and kills what runs. */
export async function breakMember(
  database: ReplicatedDatabase,
  member: string,
  file: string,
): Promise<void> {
  const data = database.dataFolder(member);
  await rename(join(data, file), awayFrom(database, member));
  await killPostgres(data);
  // Those who worked for it answer a moment longer.
  await recoverData(data);
}

/** Takes back what `breakMember` did; nothing is started. */
export function mendMember(
  database: ReplicatedDatabase,
  member: string,
  file: string,
): Promise<void> {
  return rename(awayFrom(database, member), join(database.dataFolder(member), file));
}

function awayFrom({ folder }: ReplicatedDatabase, member: string): string {
  return join(folder, `${member}.away`);
}

/** Whom a promotion chose, and what became of who asked for it. */
export interface BrokenChoice {
  readonly to: string;
  /** The code of the error, or `promoted`. */
  readonly first: Promise<string>;
}

/** Has a promotion decided, and the one that was chosen breaks before it is told. */
export async function breakChoice(
  database: ReplicatedDatabase,
  file: string,
): Promise<BrokenChoice> {
  const { journal } = database;
  const append = journal.append.bind(journal);
  const chosen = Promise.withResolvers<string>();
  journal.append = async (entry) => {
    const appended = await append(entry);
    if (entry.kind === 'resource.promotion-chosen') {
      journal.append = append;
      const { member } = entry.data as { member: string };
      await breakMember(database, member, file);
      chosen.resolve(member);
    }
    return appended;
  };
  const request = { member: null, force: true, acceptLoss: false, who: 'test' };
  const first = database.resource.promote(request).then(
    () => 'promoted',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  const to = await Promise.race([chosen.promise, first.then((how) => assert.fail(how))]);
  return { to, first };
}

/** Everybody follows, in sync, and has all there is; returns what was acknowledged meanwhile. */
export async function makeWhole(database: ReplicatedDatabase): Promise<ReadonlySet<number>> {
  const { members } = await database.record();
  for (const { name, standing } of members) {
    if (standing.kind === 'fenced') await database.resource.reseed(name, 'test');
  }
  await database.until('in sync', (status) => {
    const replicas = members.filter(({ name }) => follows(status, name));
    return status.durability === 'sync' && replicas.length === members.length - 1;
  });
  const load = giveUnderLoad(database, 2);
  await eventually('gifts', () => load.acknowledged.size > 50);
  await load.stop();
  await database.until('all is replayed', ({ members: all }) =>
    all.every(({ role, lagBytes }) => role === 'primary' || lagBytes === 0),
  );
  return load.acknowledged;
}

/** Of what was acknowledged, what the primary has not. */
export async function missingGifts(
  database: ReplicatedDatabase,
  acknowledged: Iterable<number>,
): Promise<readonly number[]> {
  const rows = await database.ask<{ n: number }>('select n from gifts');
  const kept = new Set(rows.map(({ n }) => n));
  return [...acknowledged].filter((n) => !kept.has(n));
}
