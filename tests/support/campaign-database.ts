import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './eventually.ts';
import type { TestSite } from './site-harness.ts';

/** Asks a database of the campaign, past everything of ours, as its owner would. */
export async function askDatabase<Row extends object>(
  site: TestSite,
  query: string,
  values: readonly unknown[],
  database = 'donations',
): Promise<readonly Row[]> {
  const address = await addressOf(site, database);
  const file = join(site.folder.resources, database, 'credentials.json');
  const { ownerPassword } = JSON.parse(readFileSync(file, 'utf8')) as { ownerPassword: string };
  const url = `postgres://${database}:${ownerPassword}@${address}/${database}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(query, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** A controller that has just started has not looked at its databases yet. */
function addressOf(site: TestSite, database: string): Promise<string> {
  return eventually(`the database ${database} has an address`, async () => {
    const { resources } = await site.status();
    return resources.find(({ name }) => name === database)?.address;
  });
}

/** Which of the acknowledged gifts the database does not hold; empty when nothing was lost. */
export async function missingGifts(
  site: TestSite,
  acknowledged: ReadonlySet<string>,
): Promise<readonly string[]> {
  const rows = await askDatabase<{ id: string }>(
    site,
    `select id from unnest($1::uuid[]) as told(id)
     where not exists (select from donations d where d.id = told.id)`,
    [[...acknowledged]],
  );
  return rows.map(({ id }) => id);
}
