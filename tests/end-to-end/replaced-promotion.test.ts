import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { timelineHistories } from '../../src/controller/resources/postgres/timeline-histories.ts';
import type { ResourceStatus } from '../../src/contract/status.ts';
import {
  breakChoice,
  breakMember,
  controlFile,
  makeWhole,
  mendMember,
  missingGifts,
} from '../support/broken-choice.ts';
import { eventually } from '../support/eventually.ts';
import { replicatedDatabase } from '../support/replicated-database.ts';
import type { ReplicatedDatabase } from '../support/replicated-database.ts';
import { startByHand } from '../support/start-by-hand.ts';

const request = { member: null, force: false, acceptLoss: false, who: 'test' };
const members = ['donations-1', 'donations-2', 'donations-3'];

describe('a promotion whose choice does not come up', () => {
  let database: ReplicatedDatabase;
  const acknowledged = new Set<number>();
  before(async () => {
    database = await replicatedDatabase({ replicas: 2, durability: 'sync' });
    await whole();
  });
  after(() => database.end());

  const whole = async (): Promise<void> => {
    for (const n of await makeWhole(database)) acknowledged.add(n);
  };
  const primary = (): string =>
    database.resource.status().members.find(({ role }) => role === 'primary')?.name ?? '';
  const other = (...not: string[]): string => members.find((name) => !not.includes(name)) ?? '';
  const isPending = async (to: string): Promise<boolean> =>
    (await database.record()).promotion?.decided?.to === to;

  /** What a controller leaves that is killed just when the choice was told, or before it knew. */
  const leaveOpening = async (timeline = 1): Promise<string> => {
    await database.close();
    const record = await database.record();
    const { promotion } = record;
    const at = promotion?.decided?.at;
    assert.ok(promotion?.decided && at !== undefined);
    const decided = { ...promotion.decided, openingAt: at, timeline };
    const left = { ...record, promotion: { ...promotion, decided } };
    await writeFile(join(database.folder, 'replication.json'), JSON.stringify(left));
    return at;
  };
  /** Opens it again; it is up only once there is a primary. */
  const open = async (to: string): Promise<{ opening: Promise<void> }> => {
    const opening = database.open();
    await database.until('pending', (status) => {
      const { from } = status.promotion ?? { from: '' };
      return status.promotion?.to === to && isUp(status, other(from, to));
    });
    return { opening };
  };

  test('is told of, replaced by another replica, and nothing acknowledged is lost', async () => {
    const old = primary();
    await breakMember(database, old, controlFile);
    await database.until('down', ({ state }) => state === 'down');
    const { to, first } = await breakChoice(database, controlFile);
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
    const again = database.resource.promote({ ...request, member: to });
    await assert.rejects(again, { code: 'promotion-under-way' });
    await assert.rejects(database.resource.promote(request), { code: 'promotion-under-way' });
    await assert.rejects(database.resource.reseed(to, 'test'), { code: 'promotion-under-way' });
    const unreadable = database.resource.promote({ ...request, member: old });
    await assert.rejects(unreadable, { code: 'member-not-a-replica' });
    assert.ok(await isPending(to));

    const report = await database.resource.promote({ ...request, member: third });
    assert.deepEqual([report.from, report.to, report.loss.kind], [old, third, 'none']);
    assert.equal(await first, 'promotion-replaced');
    await database.until('up', ({ state, promotion: pending }) => {
      return state === 'up' && pending === null;
    });
    assert.equal(primary(), third);
    assert.deepEqual(await missingGifts(database, acknowledged), []);
    const fenced = database.resource.notes().filter(({ code }) => code === 'member-fenced');
    assert.deepEqual(fenced.map(({ about }) => about).sort(), [old, to].sort());
    await mendMember(database, to, controlFile);
    const hand = await startByHand(database.folder, to);
    await assert.rejects(hand.ask('insert into gifts values (-1)'), { code: '25006' });
    await hand.end('SIGINT');
  });

  test('gives way to the old primary, where its choice took no write', async () => {
    await whole();
    const old = primary();
    const { to, first } = await breakChoice(database, controlFile);
    const report = await database.resource.promote({ ...request, member: old });
    assert.deepEqual([report.from, report.to, report.loss.kind], [to, old, 'none']);
    assert.equal(await first, 'promotion-replaced');
    await database.until('up', ({ state }) => state === 'up');
    assert.equal(primary(), old);
    assert.deepEqual(await missingGifts(database, acknowledged), []);
    await mendMember(database, to, controlFile);
    const hand = await startByHand(database.folder, to);
    await assert.rejects(hand.ask('insert into gifts values (-1)'), { code: '25006' });
    await hand.end('SIGINT');
  });

  test('that may have opened is given up only when the loss is accepted', async () => {
    await whole();
    const old = primary();
    const { to, first } = await breakChoice(database, controlFile);
    const third = other(old, to);
    const at = await leaveOpening();
    await first;
    const { opening } = await open(to);
    const refused = database.resource.promote({ ...request, member: third });
    await assert.rejects(refused, { code: 'promotion-not-confirmed' });
    assert.ok(await isPending(to));
    const back = database.resource.promote({ ...request, member: old });
    await assert.rejects(back, { code: 'promotion-perhaps-opened' });
    assert.ok(await isPending(to));
    const accepted = { ...request, member: third, acceptLoss: true };
    const report = await database.resource.promote(accepted);
    assert.equal(report.to, third);
    assert.ok(report.inWords.startsWith(`What was acknowledged after ${at} may be lost`));
    await opening;
    assert.deepEqual(await missingGifts(database, acknowledged), []);
    await mendMember(database, to, controlFile);
  });

  test('that was told and began no timeline has taken no write', async () => {
    await whole();
    const old = primary();
    const { to, first } = await breakChoice(database, 'postgresql.conf');
    const wal = join(database.dataFolder(to), 'pg_wal');
    const timelines = (await timelineHistories(database.dataFolder(to))) ?? [];
    await leaveOpening(Math.max(1, ...timelines));
    await first;
    const { opening } = await open(to);
    const third = { ...request, member: other(old, to) };
    await writeFile(join(wal, '000000FF.history'), '');
    await assert.rejects(database.resource.promote(third), { code: 'promotion-not-confirmed' });
    await rm(join(wal, '000000FF.history'));
    const { loss } = await database.resource.promote(third);
    assert.equal(loss.kind, 'none');
    await opening;
    assert.deepEqual(await missingGifts(database, acknowledged), []);
    await mendMember(database, to, 'postgresql.conf');
  });

  test('that has opened is the primary, and no other takes its place', async () => {
    await whole();
    const old = primary();
    const { to, first } = await breakChoice(database, 'postgresql.conf');
    await leaveOpening();
    await first;
    await mendMember(database, to, 'postgresql.conf');
    const hand = await startByHand(database.folder, to);
    await hand.askAsSuperuser('select pg_promote()');
    await hand.ask('insert into gifts values (-2)');
    acknowledged.add(-2);
    await breakMember(database, to, 'postgresql.conf');
    const { opening } = await open(to);
    const asked = { ...request, member: other(old, to), acceptLoss: true };
    await assert.rejects(database.resource.promote(asked), { code: 'promotion-opened' });
    assert.equal((await database.record()).promotion, null);
    assert.equal(primary(), to);
    await mendMember(database, to, 'postgresql.conf');
    // Its first start has failed, and whoever holds it tries again.
    await opening.catch(() => undefined);
    const isEnsured = (): Promise<boolean> =>
      database.resource.ensure().then(
        () => true,
        () => false,
      );
    await eventually('it is up', isEnsured, 60_000);
    await database.until('up', ({ state }) => state === 'up');
    assert.deepEqual(await missingGifts(database, acknowledged), []);
  });
});

function isUp({ members: all }: ResourceStatus, member: string): boolean {
  return all.some(({ name, state }) => name === member && state === 'up');
}
