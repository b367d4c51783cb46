import { drop, log, migrate, postgres } from 'turnout/sdk';
import { seedCalls } from './seed.ts';

/** Calls and events share a database, so the names of their migrations say whose they are. */
await migrate('db', [
  {
    name: 'calls-001',
    sql: `create table people (
            id uuid primary key default gen_random_uuid(),
            position integer not null,
            name text not null,
            phone text not null,
            county text not null,
            precinct text not null,
            age integer not null,
            language text not null,
            note text,
            state text not null default 'open' check (state in ('open', 'done', 'never')),
            tries integer not null default 0,
            next_at timestamptz not null default now(),
            held_until timestamptz not null default now(),
            claim_id uuid
          );
          create index people_to_call on people (county, tries, position) where state = 'open';
          create index people_held on people (claim_id) where claim_id is not null;
          create table claims (
            id uuid primary key default gen_random_uuid(),
            person_id uuid not null references people (id),
            volunteer_id uuid not null,
            volunteer_name text not null,
            county text not null,
            made_at timestamptz not null default now()
          );
          create index claims_of_volunteer on claims (volunteer_id);
          create table calls (
            id uuid primary key default gen_random_uuid(),
            claim_id uuid not null unique references claims (id),
            person_id uuid not null references people (id),
            volunteer_id uuid not null,
            volunteer_name text not null,
            county text not null,
            outcome text not null,
            note text not null,
            recorded_at timestamptz not null default now()
          );
          create index calls_of_volunteer on calls (volunteer_id, recorded_at desc);
          create index calls_newest on calls (recorded_at);`,
  },
]);

const people = await postgres('db').write(seedCalls);
if (people > 0) log.info('seeded', { people });
await drop();
