import type { Database } from 'turnout/sdk';
import { TIME_ZONE, type Event, type EventInFull } from './event.ts';
import type { Search } from './search.ts';

const PAGE = 20;

export const eventColumns = `e.id, e.title, e.kind, e.county, e.place, e.address, e.places,
  e.places - e.taken as "placesLeft", e.starts_at as "startsAt", e.ends_at as "endsAt"`;

/** An event as PostgreSQL gives it. */
export type EventRow<T extends Event = Event> = Omit<T, 'startsAt' | 'endsAt'> & {
  readonly startsAt: Date;
  readonly endsAt: Date;
};

export interface Found {
  readonly events: readonly Event[];
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

/** Events that are not over, soonest first. */
export async function findEvents(db: Database, search: Search): Promise<Found> {
  const matching = `from events e
    where e.ends_at > now()
      and ($1::text is null or e.county = $1)
      and ($2::text is null or e.kind = $2)
      and ($3::date is null or (e.starts_at at time zone '${TIME_ZONE}')::date = $3::date)`;
  const values = [search.county, search.kind, search.date];
  const [rows, counts] = await Promise.all([
    db.read<EventRow>(
      `select ${eventColumns} ${matching} order by e.starts_at, e.id limit ${PAGE} offset $4`,
      [...values, (search.page - 1) * PAGE],
    ),
    db.read<{ total: number }>(`select count(*)::int as total ${matching}`, values),
  ]);
  const total = counts[0]?.total ?? 0;
  const pages = Math.max(1, Math.ceil(total / PAGE));
  return { events: rows.map(eventOf), page: search.page, pages, total };
}

export async function findEvent(db: Database, id: string): Promise<EventInFull | null> {
  const [row] = await db.read<EventRow<EventInFull>>(
    `select ${eventColumns}, e.about, e.host from events e where e.id = $1`,
    [id],
  );
  return row === undefined ? null : eventOf(row);
}

export function eventOf<T extends Event>(
  row: EventRow<T>,
): Omit<T, 'startsAt' | 'endsAt'> & { readonly startsAt: string; readonly endsAt: string } {
  return { ...row, startsAt: row.startsAt.toISOString(), endsAt: row.endsAt.toISOString() };
}
