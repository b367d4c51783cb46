import type { Database, Transaction } from 'turnout/sdk';
import type { Volunteer } from '../../shared/session.ts';

/** How long somebody's number is one volunteer's alone; then others are given it. */
const HOLD = '10 minutes';

/** One person, handed to one volunteer. */
export interface Claim {
  /** Unguessable: it is what allows its holder to say how the call ended. */
  readonly id: string;
  readonly heldUntil: string;
  readonly person: Person;
}

interface Person {
  readonly name: string;
  readonly phone: string;
  readonly county: string;
  readonly precinct: string;
  readonly age: number;
  readonly language: string;
  readonly note: string | null;
  /** Calls before this one that nobody answered. */
  readonly tries: number;
}

/** A person and the claim on them, as one row. */
export type ClaimRow = Person & { readonly id: string; readonly heldUntil: Date };

export const personColumns =
  'p.name, p.phone, p.county, p.precinct, p.age, p.language, p.note, p.tries';

/**
 * The next person to call, from the volunteer's own county first; null when nobody is left. While
 * one is held it is given again, so that a lost answer or a second window costs nobody's turn.
 */
export function claimNext(db: Database, volunteer: Volunteer): Promise<Claim | null> {
  return db.write(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [volunteer.id]);
    return (await heldBy(tx, volunteer.id)) ?? (await handOut(tx, volunteer));
  });
}

async function heldBy(tx: Transaction, volunteerId: string): Promise<Claim | null> {
  const [row] = await tx.query<ClaimRow>(
    `select c.id, p.held_until as "heldUntil", ${personColumns}
     from claims c join people p on p.claim_id = c.id
     where c.volunteer_id = $1 and p.held_until > now() limit 1`,
    [volunteerId],
  );
  return row === undefined ? null : claimOf(row);
}

/** Rows that another volunteer's transaction holds are stepped over: no two get one person. */
async function handOut(tx: Transaction, volunteer: Volunteer): Promise<Claim | null> {
  const { id, name, county } = volunteer;
  const [row] = await tx.query<ClaimRow>(
    `with next as (
       select id from people
       where state = 'open' and next_at <= now() and held_until <= now()
       order by (county = $3) desc, tries, position limit 1
       for update skip locked
     ), claim as (
       insert into claims (person_id, volunteer_id, volunteer_name, county)
       select id, $1, $2, $3 from next returning id, person_id
     )
     update people p set claim_id = claim.id, held_until = now() + interval '${HOLD}'
     from claim where p.id = claim.person_id
     returning claim.id, p.held_until as "heldUntil", ${personColumns}`,
    [id, name, county],
  );
  return row === undefined ? null : claimOf(row);
}

/** Lets others have the person; false when there never was such a claim of this volunteer. */
export function handBack(db: Database, claimId: string, volunteerId: string): Promise<boolean> {
  return db.write(async (tx) => {
    await tx.query(
      `update people p set held_until = now(), claim_id = null from claims c
       where c.id = $1 and c.volunteer_id = $2 and p.claim_id = c.id`,
      [claimId, volunteerId],
    );
    const known = await tx.query('select from claims where id = $1 and volunteer_id = $2', [
      claimId,
      volunteerId,
    ]);
    return known.length > 0;
  });
}

export function claimOf({ id, heldUntil, ...person }: ClaimRow): Claim {
  return { id, heldUntil: heldUntil.toISOString(), person };
}
