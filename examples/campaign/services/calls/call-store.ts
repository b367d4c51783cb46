import type { Database, OnceResult, Transaction } from 'turnout/sdk';
import type { NewCall, Outcome } from './outcome.ts';

/** After so many calls that nobody answered, a person is left in peace. */
const MOST_TRIES = 3;
const TRY_AGAIN_AFTER = '4 hours';

export type Recorded = {
  readonly id: string;
  readonly outcome: Outcome;
  readonly recordedAt: string;
};

export type Refusal = 'no-such-claim' | 'recorded';

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

export type RecordResult =
  | OnceResult<Recorded>
  | { readonly kind: 'refused'; readonly why: Refusal };

/**
 * Records how a call ended. The claim says whose call it was and is known to its holder alone, so
 * an outcome that waited in Turnout's queue is taken although the session has ended meanwhile; and
 * one that comes after the ten minutes is taken as well, for the call did take place.
 */
export async function recordCall(
  db: Database,
  call: NewCall,
  key: string | null,
): Promise<RecordResult> {
  try {
    const once = { key, feature: 'record-call', request: call };
    return await db.once<Recorded>(once, (tx) => insertCall(tx, call));
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', why: error.refusal };
    throw error;
  }
}

async function insertCall(tx: Transaction, { claim, outcome, note }: NewCall): Promise<Recorded> {
  const held = await tx.query('select from claims where id = $1 for update', [claim]);
  if (held.length === 0) throw new Refused('no-such-claim');
  const before = await recordedBefore(tx, claim);
  if (before?.outcome === outcome) return before;
  if (before !== null) throw new Refused('recorded');
  const [row] = await tx.query<{ id: string; personId: string; recordedAt: Date }>(
    `insert into calls (claim_id, person_id, volunteer_id, volunteer_name, county, outcome, note)
     select id, person_id, volunteer_id, volunteer_name, county, $2, $3 from claims where id = $1
     returning id, person_id as "personId", recorded_at as "recordedAt"`,
    [claim, outcome, note],
  );
  if (row === undefined) throw new Error('insert … returning gave no row');
  await settlePerson(tx, row.personId, outcome);
  return { id: row.id, outcome, recordedAt: row.recordedAt.toISOString() };
}

/**
 * While an outcome waits in Turnout's queue its person seems still to be called, and the volunteer
 * may be given them again: who then says the same has said nothing new.
 */
async function recordedBefore(tx: Transaction, claim: string): Promise<Recorded | null> {
  const [row] = await tx.query<{ id: string; outcome: Outcome; recordedAt: Date }>(
    'select id, outcome, recorded_at as "recordedAt" from calls where claim_id = $1',
    [claim],
  );
  return row === undefined ? null : { ...row, recordedAt: row.recordedAt.toISOString() };
}

/** Who was not reached is called again later, and who asked not to be is never called again. */
async function settlePerson(tx: Transaction, personId: string, outcome: Outcome): Promise<void> {
  if (outcome === 'no-answer') {
    await tx.query(
      `update people set tries = tries + 1, held_until = now(), claim_id = null,
         next_at = now() + interval '${TRY_AGAIN_AFTER}',
         state = case when state = 'open' and tries + 1 >= ${MOST_TRIES} then 'done' else state end
       where id = $1`,
      [personId],
    );
    return;
  }
  await tx.query(
    `update people set held_until = now(), claim_id = null,
       state = case when state = 'never' then state else $2 end
     where id = $1`,
    [personId, outcome === 'do-not-call' ? 'never' : 'done'],
  );
}
