import { askDatabase, missingGifts } from '../../support/campaign-database.ts';
import type { TestSite } from '../../support/site-harness.ts';

/** What supporters were told: by the idempotency key of each gift the receipt they got for it. */
export type Ledger = ReadonlyMap<string, string>;

/** How the books of the supporters and those of the campaign differ: not at all, that is. */
export interface Differences {
  /** Receipts that were handed out for gifts that nobody has. */
  readonly lost: readonly string[];
  /** Keys under which another gift is kept than the one that was acknowledged. */
  readonly mistaken: readonly string[];
  /** Supporters who gave once and are in the database more than once. */
  readonly double: readonly string[];
}

/** Holds the ledger against the primary. Every gift of the load has an address of its own. */
export async function differencesOf(site: TestSite, ledger: Ledger): Promise<Differences> {
  const kept = await askDatabase<{ key: string; id: string }>(
    site,
    `select key, answer->>'id' as id from turnout_once
     where feature = 'donate' and key = any($1)`,
    [[...ledger.keys()]],
  );
  const byKey = new Map(kept.map(({ key, id }) => [key, id]));
  const double = await askDatabase<{ email: string }>(
    site,
    `select email from donations where email like '%@failover.example'
     group by email having count(*) > 1`,
    [],
  );
  return {
    lost: await missingGifts(site, new Set(ledger.values())),
    mistaken: [...ledger].filter(([key, id]) => byKey.get(key) !== id).map(([key]) => key),
    double: double.map(({ email }) => email),
  };
}
