import { NeedLostError, type Database } from 'turnout/sdk';
import { shortName } from '../../shared/invented-people.ts';
import { reached, supporters } from './outcome.ts';

export interface Tally {
  readonly calls: number;
  readonly reached: number;
  readonly supporters: number;
}

export interface Mine {
  readonly today: Tally;
  readonly ever: Tally;
  readonly recent: readonly { name: string; outcome: string; recordedAt: string }[];
}

/** A day is one by the clock on the volunteers' walls. */
export const TIME_ZONE = 'America/Chicago';

const counts = `count(*)::int as calls,
  (count(*) filter (where outcome = any ($2)))::int as reached,
  (count(*) filter (where outcome = any ($3)))::int as supporters`;

/**
 * What one volunteer did, and the last ten calls. Who has just recorded one looks for it here, and
 * a replica may not have it yet; where the primary is lost, a moment old will do.
 */
export async function mine(db: Database, volunteerId: string): Promise<Mine> {
  if (db.mode() !== 'read-write') return mineFrom(db, 'read', volunteerId);
  try {
    return await mineFrom(db, 'readLatest', volunteerId);
  } catch (error) {
    if (error instanceof NeedLostError) return mineFrom(db, 'read', volunteerId);
    throw error;
  }
}

async function mineFrom(
  db: Database,
  read: 'read' | 'readLatest',
  volunteerId: string,
): Promise<Mine> {
  const values = [volunteerId, reached, supporters];
  const [ever, today, recent] = await Promise.all([
    db[read]<Tally>(`select ${counts} from calls where volunteer_id = $1`, values),
    db[read]<Tally>(
      `select ${counts} from calls where volunteer_id = $1 and recorded_at >=
         date_trunc('day', now() at time zone '${TIME_ZONE}') at time zone '${TIME_ZONE}'`,
      values,
    ),
    db[read]<{ name: string; outcome: string; recordedAt: Date }>(
      `select p.name, c.outcome, c.recorded_at as "recordedAt"
       from calls c join people p on p.id = c.person_id
       where c.volunteer_id = $1 order by c.recorded_at desc limit 10`,
      [volunteerId],
    ),
  ]);
  const none = { calls: 0, reached: 0, supporters: 0 };
  return {
    today: today[0] ?? none,
    ever: ever[0] ?? none,
    recent: recent.map(({ name, outcome, recordedAt }) => ({
      name: shortName(name),
      outcome,
      recordedAt: recordedAt.toISOString(),
    })),
  };
}

/**
 * Who made the most calls in the last seven days, by first name and initial; calls from a list at
 * hand whose instance died are nobody's.
 */
export async function leaders(
  db: Database,
): Promise<readonly { name: string; county: string; calls: number }[]> {
  const rows = await db.read<{ name: string; county: string; calls: number }>(
    `select max(volunteer_name) as name, max(county) as county, count(*)::int as calls
     from calls where recorded_at > now() - interval '7 days' and volunteer_name <> ''
     group by volunteer_id order by calls desc, name limit 10`,
  );
  return rows.map(({ name, county, calls }) => ({ name: shortName(name), county, calls }));
}

/** How far the whole list is: people, not calls. */
export async function progress(db: Database): Promise<object> {
  const [row] = await db.read(
    `select (select count(*)::int from people) as people,
            count(distinct person_id)::int as called,
            (count(distinct person_id) filter (where outcome = any ($1)))::int as reached,
            (count(distinct person_id) filter (where outcome = any ($2)))::int as supporters
     from calls`,
    [reached, supporters],
  );
  return row ?? {};
}
