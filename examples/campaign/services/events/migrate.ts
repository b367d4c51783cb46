import { drop, log, migrate, postgres } from 'turnout/sdk';
import { seedEvents } from './seed.ts';

/** Events and calls share a database, so the names of their migrations say whose they are. */
await migrate('db', [
  {
    name: 'events-001',
    sql: `create table events (
            id text primary key,
            title text not null,
            kind text not null,
            county text not null,
            place text not null,
            address text not null,
            about text not null,
            host text not null,
            starts_at timestamptz not null,
            ends_at timestamptz not null,
            places integer not null check (places > 0),
            taken integer not null default 0 check (taken between 0 and places),
            check (ends_at > starts_at)
          );
          create index events_upcoming on events (starts_at, id);
          create table sign_ups (
            id uuid primary key default gen_random_uuid(),
            event_id text not null references events (id),
            name text not null,
            email text not null,
            created_at timestamptz not null default now(),
            cancelled_at timestamptz
          );
          create unique index sign_ups_once on sign_ups (event_id, email)
            where cancelled_at is null;`,
  },
]);

const events = await postgres('db').write((tx) => seedEvents(tx, Date.now()));
if (events > 0) log.info('seeded', { events });
await drop();
