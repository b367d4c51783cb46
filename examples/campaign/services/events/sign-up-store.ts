import type { Database, OnceResult, Transaction } from 'turnout/sdk';
import type { Event } from './event.ts';
import { eventColumns, eventOf, type EventRow } from './event-store.ts';
import type { NewSignUp, SignUp } from './sign-up.ts';

export type Refusal = 'no-such-event' | 'begun' | 'already-signed-up' | 'full';

/** Thrown inside the transaction, so that nothing of a refused sign-up is kept, nor its key. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

export type SignUpResult = OnceResult<SignUp> | { readonly kind: 'refused'; readonly why: Refusal };

/** Takes one place of an event, if there is one left and this address has none yet. */
export async function signUp(
  db: Database,
  eventId: string,
  who: NewSignUp,
  key: string | null,
): Promise<SignUpResult> {
  const once = { key, feature: 'sign-up', request: { event: eventId, ...who } };
  try {
    return await db.once<SignUp>(once, (tx) => takePlace(tx, eventId, who));
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', why: error.refusal };
    throw error;
  }
}

/** The row of the event is held first, here and in `cancel`: the last place is given to one. */
async function takePlace(tx: Transaction, eventId: string, who: NewSignUp): Promise<SignUp> {
  const [row] = await tx.query<EventRow>(
    `select ${eventColumns} from events e where e.id = $1 for update`,
    [eventId],
  );
  if (row === undefined) throw new Refused('no-such-event');
  if (row.startsAt.getTime() <= Date.now()) throw new Refused('begun');
  const [twice] = await tx.query(
    'select from sign_ups where event_id = $1 and email = $2 and cancelled_at is null',
    [eventId, who.email],
  );
  if (twice !== undefined) throw new Refused('already-signed-up');
  if (row.placesLeft <= 0) throw new Refused('full');
  await tx.query('update events set taken = taken + 1 where id = $1', [eventId]);
  const [made] = await tx.query<{ id: string; createdAt: Date }>(
    `insert into sign_ups (event_id, name, email) values ($1, $2, $3)
     returning id, created_at as "createdAt"`,
    [eventId, who.name, who.email],
  );
  if (made === undefined) throw new Error('insert … returning gave no row');
  const event = { ...eventOf(row), placesLeft: row.placesLeft - 1 };
  return { id: made.id, ...who, event, createdAt: made.createdAt.toISOString() };
}

type SignUpRow = EventRow & {
  readonly signUp: string;
  readonly name: string;
  readonly email: string;
  readonly createdAt: Date;
};

/** A sign-up that was not cancelled; right after it was made a replica may not have it yet. */
export async function findSignUp(db: Database, id: string): Promise<SignUp | null> {
  const sql = `select ${eventColumns}, s.id as "signUp", s.name, s.email, s.created_at as "createdAt"
    from sign_ups s join events e on e.id = s.event_id where s.id = $1 and s.cancelled_at is null`;
  const [copy] = await db.read<SignUpRow>(sql, [id]);
  const row = copy ?? (await db.readLatest<SignUpRow>(sql, [id]))[0];
  if (row === undefined) return null;
  const { signUp: found, name, email, createdAt, ...event } = row;
  const told: Event = eventOf(event);
  return { id: found, name, email, event: told, createdAt: createdAt.toISOString() };
}

/** Gives the place back; true also when that was done before, false when there never was one. */
export function cancel(db: Database, id: string): Promise<boolean> {
  return db.write(async (tx) => {
    const [held] = await tx.query<{ event: string }>(
      `select e.id as event from sign_ups s join events e on e.id = s.event_id
       where s.id = $1 for update of e`,
      [id],
    );
    if (held === undefined) return false;
    const cancelled = await tx.query(
      `update sign_ups set cancelled_at = now() where id = $1 and cancelled_at is null returning id`,
      [id],
    );
    if (cancelled.length > 0) {
      await tx.query('update events set taken = taken - 1 where id = $1', [held.event]);
    }
    return true;
  });
}
