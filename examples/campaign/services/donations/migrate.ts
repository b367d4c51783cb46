import { drop, log, migrate, postgres } from 'turnout/sdk';
import { seedDonations } from './seed.ts';

/**
 * Runs before a release, and must suit the release that still serves: it expands the schema (a
 * table, a column that may be empty, an index) and never takes anything away. What nobody uses any
 * more is dropped by a later release, once no instance is left that asks for it.
 */
await migrate('db', [
  {
    name: '001-donations',
    sql: `create table if not exists donations (
            id uuid primary key default gen_random_uuid(),
            amount_cents integer not null check (amount_cents > 0),
            currency text not null,
            name text not null,
            email text not null,
            public boolean not null default false,
            created_at timestamptz not null default now()
          );
          create index if not exists donations_newest on donations (created_at desc);`,
  },
  {
    // Expand: the release before neither reads nor writes the column, and its inserts still fit.
    name: '002-receipts',
    sql: `alter table donations add column receipt_sent_at timestamptz;
          create index donations_without_receipt on donations (created_at)
            where receipt_sent_at is null;`,
  },
]);

const gifts = await postgres('db').write(seedDonations);
if (gifts > 0) log.info('seeded', { gifts });
await drop();
