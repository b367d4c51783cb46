import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './eventually.ts';
import type { TestSite } from './site-harness.ts';

/** Asks the campaign's own database, past everything of ours, as its owner would. */
export async function askDatabase<Row extends object>(
  site: TestSite,
  query: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const address = await addressOfDonations(site);
  const file = join(site.folder.resources, 'donations', 'credentials.json');
  const { ownerPassword } = JSON.parse(readFileSync(file, 'utf8')) as { ownerPassword: string };
  const url = `postgres://donations:${ownerPassword}@${address}/donations`;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(query, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** A controller that has just started has not looked at its databases yet. */
function addressOfDonations(site: TestSite): Promise<string> {
  return eventually('the database of donations has an address', async () => {
    const { resources } = await site.status();
    return resources.find(({ name }) => name === 'donations')?.address;
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
