import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { recoverData } from '../../src/controller/resources/postgres/running-server.ts';
import type { PromotionDecision } from '../../src/controller/resources/postgres/promotion-record.ts';
import { eventually } from '../support/eventually.ts';
import { killPostgres } from '../support/kill-postgres.ts';
import { follows, giveUnderLoad, replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';
import { startByHand } from '../support/start-by-hand.ts';

const request = { member: null, force: true, acceptLoss: false, who: 'test' };
const pgControl = join('global', 'pg_control');

describe('a promotion whose choice does not come up', () => {
  let database: ReplicatedDatabase;
  const acknowledged = new Set<number>();
  before(async () => {
    database = await replicatedDatabase({ replicas: 2, durability: 'sync' });
    await whole();
  });
  after(() => database.end());

  const members = ['donations-1', 'donations-2', 'donations-3'];
  const primary = (): string =>
    database.resource.status().members.find(({ role }) => role === 'primary')?.name ?? '';
  const other = (...not: string[]): string => members.find((name) => !not.includes(name)) ?? '';

  /** Everybody follows, in sync, and has all there is. */
  const whole = async (): Promise<void> => {
    const { members: standing } = await database.record();
    for (const { name, standing: how } of standing) {
      if (how.kind === 'fenced') await database.resource.reseed(name, 'test');
    }
    await database.until('in sync', (status) => {
      const replicas = members.filter((name) => follows(status, name));
      return status.durability === 'sync' && replicas.length === 2;
    });
    const load = giveUnderLoad(database, 2);
    await eventually('gifts', () => load.acknowledged.size > 50);
    await load.stop();
    for (const n of load.acknowledged) acknowledged.add(n);
    await database.until('all is replayed', ({ members: all }) =>
      all.every(({ role, lagBytes }) => role === 'primary' || lagBytes === 0),
    );
  };
  const nothingIsLost = async (): Promise<void> => {
    const rows = await database.ask<{ n: number }>('select n from gifts');
    const kept = new Set(rows.map(({ n }) => n));
    assert.deepEqual(
      [...acknowledged].filter((n) => !kept.has(n)),
      [],
    );
  };
  const takeAway = (member: string, file: string): Promise<void> =>
    rename(join(database.dataFolder(member), file), join(database.folder, `${member}.away`));
  const putBack = (member: string, file: string): Promise<void> =>
    rename(join(database.folder, `${member}.away`), join(database.dataFolder(member), file));

  /** Has a promotion decided, and the one that was chosen breaks before it is told. */
  const chooseAndBreak = async (file: string) => {
    const { journal } = database;
    const append = journal.append.bind(journal);
    const chosen = Promise.withResolvers<string>();
    journal.append = async (entry) => {
      const appended = await append(entry);
      if (entry.kind === 'resource.promotion-chosen') {
        journal.append = append;
        const { member } = entry.data as { member: string };
        await takeAway(member, file);
        await killPostgres(database.dataFolder(member));
        // Those who worked for it answer a moment longer.
        await recoverData(database.dataFolder(member));
        chosen.resolve(member);
      }
      return appended;
    };
    const first = database.resource.promote(request).then(
      () => 'promoted',
      (error: { code?: string; message: string }) => error.code ?? error.message,
    );
    const to = await Promise.race([chosen.promise, first.then((how) => assert.fail(how))]);
    return { to, first };
  };

  /** What a controller that was killed leaves: the decision as it stands, or as it is changed. */
  const leaveDecision = async (
    change: (decision: PromotionDecision) => PromotionDecision,
  ): Promise<void> => {
    await database.close();
    const record = await database.record();
    const { promotion } = record;
    assert.ok(promotion?.decided);
    const decided = change(promotion.decided);
    const left = { ...record, promotion: { ...promotion, decided } };
    await writeFile(join(database.folder, 'replication.json'), JSON.stringify(left));
  };

  test('is told of, replaced by another replica, and nothing acknowledged is lost', async () => {
    const old = primary();
    const { to, first } = await chooseAndBreak(pgControl);
    const third = other(old, to);
    const status = await database.until('told', ({ promotion, members: all }) => {
      return promotion !== null && all.find(({ name }) => name === to)?.state === 'down';
    });
    assert.deepEqual(
      status.members.map(({ name, role }) => [name, role]),
      members.map((name) => [name, name === old ? 'fenced' : 'replica']),
    );
    assert.equal(status.state, 'down');
    const { promotion } = status;
    assert.deepEqual([promotion?.from, promotion?.to, promotion?.openingSince], [old, to, null]);
    const note = database.resource.notes().find(({ code }) => code === 'promotion-pending');
    assert.equal(note?.severity, 'alert');
    assert.ok(note.message.includes(`${to}, chosen at ${promotion?.since ?? ''}, is to take over`));
    const command = `turnout resource promote donations ${third}`;
    assert.ok(note.remedy?.includes(command), note.remedy ?? '');
    const again = { ...request, member: to };
    await assert.rejects(database.resource.promote(again), { code: 'promotion-under-way' });
    await assert.rejects(database.resource.promote(request), { code: 'promotion-under-way' });
    const report = await database.resource.promote({ ...request, member: third });
    assert.deepEqual([report.from, report.to, report.loss.kind], [old, third, 'none']);
    assert.equal(await first, 'promotion-replaced');
    await nothingIsLost();
    await database.until('up', ({ state, promotion: pending }) => {
      return state === 'up' && pending === null;
    });
    assert.equal(primary(), third);
    await putBack(to, pgControl);
    const hand = await startByHand(database.folder, to);
    await assert.rejects(hand.ask('insert into gifts values (-1)'), { code: '25006' });
    await hand.end('SIGINT');
    const fenced = database.resource.notes().filter(({ code }) => code === 'member-fenced');
    assert.deepEqual(fenced.map(({ about }) => about).sort(), [old, to].sort());
  });

  test('gives way to the old primary, where its choice took no write', async () => {
    await whole();
    const old = primary();
    const { to, first } = await chooseAndBreak(pgControl);
    const report = await database.resource.promote({ ...request, member: old });
    assert.deepEqual([report.from, report.to, report.loss.kind], [to, old, 'none']);
    assert.equal(await first, 'promotion-replaced');
    await database.until('up', ({ state }) => state === 'up');
    assert.equal(primary(), old);
    await nothingIsLost();
    await putBack(to, pgControl);
  });

  test('that may have opened is given up only when the loss is accepted', async () => {
    await whole();
    const old = primary();
    const { to, first } = await chooseAndBreak(pgControl);
    const third = other(old, to);
    await leaveDecision((decided) => ({ ...decided, openingAt: decided.at ?? null, timeline: 9 }));
    await first;
    const opening = database.open();
    await database.until('members', (status) => {
      return status.promotion?.to === to && isUp(status, third);
    });
    const refused = database.resource.promote({ ...request, member: third });
    await assert.rejects(refused, { code: 'promotion-not-confirmed' });
    const { promotion } = await database.record();
    assert.equal(promotion?.decided?.to, to);
    const back = database.resource.promote({ ...request, member: old });
    await assert.rejects(back, { code: 'promotion-perhaps-opened' });
    assert.equal((await database.record()).promotion?.decided?.to, to);
    const accepted = { ...request, member: third, acceptLoss: true };
    const report = await database.resource.promote(accepted);
    assert.equal(report.to, third);
    const at = promotion.decided.at ?? '';
    assert.ok(report.inWords.startsWith(`What was acknowledged after ${at} may be lost`));
    await opening;
    await nothingIsLost();
    await putBack(to, pgControl);
  });

  test('that has opened is the primary, and no other takes its place', async () => {
    await whole();
    const { to, first } = await chooseAndBreak('postgresql.conf');
    const third = other(primary(), to, (await database.record()).promotion?.from ?? '');
    await leaveDecision((decided) => ({ ...decided, openingAt: decided.at ?? null, timeline: 9 }));
    await first;
    await putBack(to, 'postgresql.conf');
    await opensAndDies(database, to);
    await takeAway(to, 'postgresql.conf');
    const opening = database.open();
    await database.until('members', (status) => {
      return status.promotion?.to === to && isUp(status, third);
    });
    const asked = { ...request, member: third, acceptLoss: true };
    await assert.rejects(database.resource.promote(asked), { code: 'promotion-opened' });
    assert.equal((await database.record()).promotion, null);
    assert.equal(primary(), to);
    await putBack(to, 'postgresql.conf');
    await opening.catch(() => undefined);
    await database.until('up', ({ state }) => state === 'up');
    await database.resource.ensure();
    await nothingIsLost();
    const [row] = await database.ask('select n from gifts where n = -2');
    assert.deepEqual(row, { n: -2 });
  });
});

function isUp({ members }: ReturnType<ReplicatedDatabase['resource']['status']>, member: string) {
  return members.some(({ name, state }) => name === member && state === 'up');
}

/** As one that was told to take writes, took one, and is gone before that was written down. */
async function opensAndDies({ folder }: ReplicatedDatabase, member: string): Promise<void> {
  const hand = await startByHand(folder, member);
  await hand.askAsSuperuser('select pg_promote()');
  await hand.ask('insert into gifts values (-2)');
  await hand.end('SIGKILL');
}
