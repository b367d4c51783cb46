import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { recordCall } from '../../examples/campaign/services/calls/call-store.ts';
import { claimNext } from '../../examples/campaign/services/calls/claim-store.ts';
import { ListAtHand } from '../../examples/campaign/services/calls/list-at-hand.ts';
import { drop, NeedLostError, postgres } from '../../src/sdk/sdk.ts';
import { eventually } from '../support/eventually.ts';
import { startPostgresAlone, type TestServer } from '../support/postgres-pair.ts';

const MIGRATE = join(import.meta.dirname, '../../examples/campaign/services/calls/migrate.ts');
const grace = volunteer('1', 'Grace Nakamura', 'ashby');
const lena = volunteer('2', 'Lena Whitfield', 'tamarack');

let server: TestServer;
before(async () => {
  server = await startPostgresAlone('list-at-hand');
  process.env['NEED_DB_URL'] = server.url;
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=turnout-source', MIGRATE], {
    env: process.env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});
after(async () => {
  await drop();
  await server?.kill();
});

test('callers go on without the database, with people of their own and the credit', async () => {
  const db = postgres('db');
  const list = new ListAtHand(db);
  await list.renew();
  const ofDatabase = await claimNext(db, grace);
  await server.kill();
  await assert.rejects(claimNext(db, grace), NeedLostError);

  const given = [grace, lena, grace].map((who) => list.next(who));
  const people = given.map((claim) => claim?.person.phone);
  assert.equal(new Set([...people, ofDatabase?.person.phone]).size, 4, 'no two get one person');
  const [first, ofLena, back] = given.map((claim) => claim?.id ?? '');
  assert.equal(list.handBack(back ?? '', lena.id), false, 'only their own');
  assert.equal(list.handBack(back ?? '', grace.id), true);
  await list.renew();

  await server.start();
  const call = { claim: first ?? '', outcome: 'supports', note: '' } as const;
  // As Turnout's queue does, which may come before the list has told whose it was.
  await eventually('the outcome is recorded', async () => {
    const recorded = await recordCall(db, call, 'key-of-the-call').catch(() => null);
    return recorded !== null && recorded.kind !== 'refused';
  });
  await list.renew();
  const claims = await db.readLatest<{ id: string; by: string }>(
    'select id, volunteer_id as by from claims where id = any($1)',
    [[first, ofLena, back]],
  );
  const whose = new Map(claims.map(({ id, by }) => [id, by]));
  assert.deepEqual([whose.get(first ?? ''), whose.get(ofLena ?? '')], [grace.id, lena.id]);
  assert.notEqual(whose.get(back ?? ''), grace.id);
  const calls = await db.readLatest<{ by: string }>(
    'select volunteer_id as by from calls where claim_id = $1',
    [first],
  );
  assert.deepEqual(calls, [{ by: grace.id }]);
});

test('a list that is used up says so, and one that is closed gives its people back', async () => {
  const db = postgres('db');
  const free = async (): Promise<number> => {
    const [row] = await db.readLatest<{ n: number }>(
      `select count(*)::int as n from people where state = 'open' and held_until <= now()`,
    );
    return row?.n ?? 0;
  };
  const list = new ListAtHand(db);
  const atFirst = await free();
  await list.renew();
  assert.ok((await free()) < atFirst);
  await list.close();
  assert.equal(await free(), atFirst);
  assert.equal(list.next(grace), null);
});

function volunteer(n: string, name: string, county: string) {
  const id = `00000000-0000-4000-8000-00000000000${n}`;
  return { id, name, email: `${n}@marlowe.example`, county, role: 'volunteer' } as const;
}
