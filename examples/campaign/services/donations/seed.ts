import type { Transaction } from 'turnout/sdk';
import { chanceOf } from '../../shared/chance.ts';
import { inventName } from '../../shared/invented-people.ts';

const usualCents = [500, 1_000, 1_500, 2_500, 2_500, 2_500, 5_000, 5_000, 10_000, 25_000];
const GIFTS = 1_260;

/**
 * Fills an empty table with the gifts of the last two weeks, the same on every machine, and returns
 * how many. Amounts are what small donors give: mostly round, rarely large. The addresses can
 * belong to nobody.
 */
export async function seedDonations(tx: Transaction): Promise<number> {
  const [found] = await tx.query<{ empty: boolean }>(
    'select not exists (select from donations) as empty',
  );
  if (found?.empty !== true) return 0;
  const chance = chanceOf(20_261_103);
  const columns: [number[], string[], string[], boolean[], number[]] = [[], [], [], [], []];
  for (let gift = 0; gift < GIFTS; gift++) {
    const name = inventName(chance);
    const isLarge = chance.below(100) === 0;
    columns[0].push(isLarge ? 100_000 + chance.below(9) * 25_000 : chance.one(usualCents));
    columns[1].push(name);
    columns[2].push(`${name.toLowerCase().replace(' ', '.')}.${gift}@example.org`);
    columns[3].push(chance.below(3) > 0);
    columns[4].push(60 + chance.below(14 * 24 * 3600));
  }
  await tx.query(
    `insert into donations (amount_cents, currency, name, email, public, created_at, receipt_sent_at)
     select amount, 'USD', name, email, public, at, at + interval '1 minute'
     from unnest($1::int[], $2::text[], $3::text[], $4::boolean[], $5::int[])
            as gift(amount, name, email, public, ago),
          lateral (select now() - make_interval(secs => ago) as at) as given`,
    columns,
  );
  return GIFTS;
}
