import { drop, log, migrate, postgres } from 'turnout/sdk';
import { seedAccounts } from './demo-accounts.ts';

await migrate('db', [
  {
    name: '001-accounts',
    sql: `create table accounts (
            id uuid primary key default gen_random_uuid(),
            name text not null,
            email text not null unique,
            county text not null,
            role text not null check (role in ('volunteer', 'captain')),
            password text not null,
            epoch integer not null default 1,
            closed boolean not null default false,
            created_at timestamptz not null default now()
          );
          create table attempts (
            email text not null,
            at timestamptz not null default now()
          );
          create index attempts_of_email on attempts (email);
          create index attempts_by_time on attempts (at);`,
  },
]);

const accounts = await postgres('db').write(seedAccounts);
if (accounts > 0) log.info('seeded', { accounts });
await drop();
