import type { Transaction } from 'turnout/sdk';
import { demoVolunteers } from '../../shared/demo-volunteers.ts';

/** Of every account of the example; the guide names it. A real site seeds none. */
export const demoPassword = 'every-vote-counts';
/** Hashed once and for all accounts alike, so that seeding costs no second of hashing. */
export const demoHash =
  'scrypt$fIwbzGwA9QUKnzejEvuyBA==$Um/Hs5g4v223kn/hDLg8PkGsFb/ThJUT3qBZGUf+npM=';

/** Fills an empty table, and returns how many accounts there are new. */
export async function seedAccounts(tx: Transaction): Promise<number> {
  const rows = await tx.query(
    `insert into accounts (id, name, email, county, role, password)
     select id, name, email, county, role, $2 from jsonb_to_recordset($1::jsonb)
       as demo(id uuid, name text, email text, county text, role text)
     where not exists (select from accounts) returning id`,
    [JSON.stringify(demoVolunteers()), demoHash],
  );
  return rows.length;
}
