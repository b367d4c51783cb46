import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { LinkRecord } from '../../src/contract/links.ts';
import { findFreePort } from '../../src/lib/free-port.ts';
import { Link } from '../../src/links/link.ts';
import { NeedReports } from '../../src/sdk/need-reports.ts';
import { PostgresDatabase } from '../../src/sdk/postgres/postgres-database.ts';
import { pairPolicy, startPostgresPair, type PostgresPair } from '../support/postgres-pair.ts';

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing.toReversed()) await close();
});

/** A link to a server, and the URL that goes through it. */
async function linkTo(
  server: string,
  url: string,
): Promise<{ link: Link; record: LinkRecord; url: string }> {
  const through = new URL(url);
  const target = { host: through.hostname, port: Number(through.port) };
  const port = await findFreePort(Math.random);
  const record = { service: 'gifts', need: 'db', server, port, target, fault: null };
  const link = await new Promise<Link>((listening) => {
    const made = new Link(record, systemClock, { connections: 100, connectMs: 1_000 }, () =>
      listening(made),
    );
  });
  closing.push(() => link.close());
  through.host = `127.0.0.1:${port}`;
  return { link, record, url: through.href };
}

/**
 * What a promotion looks like through links: the one that led to the old primary leads to the new
 * one, and the other, which led there, refuses new connections while those it has go on.
 */
test('the way to the primary is another from now on: no read and no write fails', async () => {
  const pair: PostgresPair = await startPostgresPair('sdk-redirected');
  closing.push(() => pair.stop());
  await pair.primary.ask('create table gifts (id serial primary key)');
  const dead = { host: '127.0.0.1', port: await findFreePort(Math.random) };
  const one = await linkTo('primary', pair.primary.url);
  const other = await linkTo('replica-1', pair.primary.url);
  for (const urls of [
    [one.url, other.url],
    [other.url, one.url],
  ]) {
    one.link.configure({ ...one.record, target: dead });
    other.link.configure(other.record);
    const database = new PostgresDatabase({
      need: 'db',
      urls,
      policy: pairPolicy,
      reports: new NeedReports(),
    });
    const read = (): Promise<unknown> => database.read('select pg_sleep(0.02)');
    const give = (): Promise<unknown> =>
      database.write((transaction) => transaction.query('insert into gifts default values'));
    await Promise.all([read(), give()]);
    one.link.configure(one.record);
    other.link.configure({ ...other.record, target: dead });
    // More than it has connections for, so that new ones are made.
    const all = Array.from({ length: 12 }, () => Promise.all([read(), give()]));
    const results = await Promise.allSettled(all);
    await database.close();
    assert.deepEqual(
      results.filter(({ status }) => status === 'rejected'),
      [],
    );
  }
});
