import { NeedLostError, log, type Database, type Transaction } from 'turnout/sdk';
import type { Volunteer } from '../../shared/session.ts';
import { claimOf, personColumns, type Claim, type ClaimRow } from './claim-store.ts';

/** Enough for one instance's volunteers until a database is promoted. */
const PEOPLE = 40;
/** People of the list are nobody else's for so long, also when their instance dies. */
const HELD = '2 hours';
const HELD_MS = 2 * 3_600_000;
const CALL_MS = 10 * 60_000;
const RENEW_EVERY_MS = 30_000;
/** Whose a claim is that nobody has got yet. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

interface AtHand {
  readonly claim: Claim;
  /** Until then the database keeps the person from everybody else. */
  readonly ownUntilMs: number;
}

interface Given extends AtHand {
  readonly volunteer: Volunteer;
  readonly untilMs: number;
}

/**
 * Who can be called while the database is gone: people that this instance was given while it was
 * there, with a claim each, so that still no two volunteers are given one person and an outcome
 * that waits in Turnout's queue finds the claim it belongs to. Whom they went to is told to the
 * database once it is back; an instance that dies before takes that with it, and the calls count
 * for nobody.
 */
export class ListAtHand {
  readonly #db: Database;
  readonly #nowMs: () => number;
  #left: readonly AtHand[] = [];
  readonly #given = new Map<string, Given>();
  #timer: NodeJS.Timeout | null = null;

  constructor(db: Database, nowMs: () => number = Date.now) {
    this.#db = db;
    this.#nowMs = nowMs;
  }

  /** Keeps the list full from now on. */
  start(): void {
    this.#timer = setInterval(() => void this.renew(), RENEW_EVERY_MS);
    this.#timer.unref();
    void this.renew();
  }

  /** The next of the list, from the volunteer's own county first; null where it is used up. */
  next(volunteer: Volunteer): Claim | null {
    const nowMs = this.#nowMs();
    const left = this.#left.filter(({ ownUntilMs }) => ownUntilMs > nowMs + CALL_MS);
    const { county } = volunteer;
    const found = left.find(({ claim }) => claim.person.county === county) ?? left[0];
    this.#left = left.filter((other) => other !== found);
    if (found === undefined) return null;
    const untilMs = nowMs + CALL_MS;
    const claim = { ...found.claim, heldUntil: new Date(untilMs).toISOString() };
    this.#given.set(claim.id, { ...found, volunteer, untilMs });
    return claim;
  }

  /** Puts somebody back whom the volunteer got from here; false where that is not so. */
  handBack(claimId: string, volunteerId: string): boolean {
    const given = this.#given.get(claimId);
    if (given?.volunteer.id !== volunteerId) return false;
    this.#given.delete(claimId);
    this.#left = [...this.#left, given];
    return true;
  }

  /** Tells the database who was given to whom, and fills the list up; nothing while it is lost. */
  async renew(): Promise<void> {
    const given = [...this.#given.values()];
    const left = this.#left.map(({ claim }) => claim.id);
    try {
      const ownUntilMs = this.#nowMs() + HELD_MS;
      const rows = await this.#db.write(async (tx) => {
        for (const one of given) await tellGiven(tx, one);
        return [...(await holdOn(tx, left)), ...(await take(tx, PEOPLE - left.length))];
      });
      for (const { claim } of given) this.#given.delete(claim.id);
      // Who was put back meanwhile is told of as given, and is free again within ten minutes.
      const known = new Set([...left, ...given.map(({ claim }) => claim.id)]);
      const used = new Set(left.filter((id) => !this.#left.some(({ claim }) => claim.id === id)));
      const back = this.#left.filter(({ claim }) => !known.has(claim.id));
      const held = rows.filter(({ id }) => !used.has(id));
      this.#left = [...held.map((row) => ({ claim: claimOf(row), ownUntilMs })), ...back];
    } catch (error) {
      if (!(error instanceof NeedLostError))
        log.error('the list at hand is not renewed', { error });
    }
  }

  /** Lets others have the people, and writes down who was given to whom. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const given = [...this.#given.values()];
    const left = this.#left.map(({ claim }) => claim.id);
    this.#left = [];
    try {
      await this.#db.write(async (tx) => {
        for (const one of given) await tellGiven(tx, one);
        await tx.query(
          'update people set held_until = now(), claim_id = null where claim_id = any($1)',
          [left],
        );
      });
    } catch (error) {
      if (!(error instanceof NeedLostError)) throw error;
    }
  }
}

/** The claim is the volunteer's from now on, and so is a call that came of it meanwhile. */
async function tellGiven(tx: Transaction, { claim, volunteer, untilMs }: Given): Promise<void> {
  const { id, name, county } = volunteer;
  for (const [table, key] of [
    ['claims', 'id'],
    ['calls', 'claim_id'],
  ]) {
    await tx.query(
      `update ${table} set volunteer_id = $2, volunteer_name = $3, county = $4
       where ${key} = $1 and volunteer_id = '${NOBODY}'`,
      [claim.id, id, name, county],
    );
  }
  const until = new Date(untilMs);
  await tx.query('update people set held_until = $2 where claim_id = $1', [claim.id, until]);
}

/** Those that are still this instance's, for as long again. */
function holdOn(tx: Transaction, claimIds: readonly string[]): Promise<ClaimRow[]> {
  return tx.query<ClaimRow>(
    `update people p set held_until = now() + interval '${HELD}' where claim_id = any($1)
     returning p.claim_id as id, p.held_until as "heldUntil", ${personColumns}`,
    [claimIds],
  );
}

/** From every county, and behind those who are next: they are given out while all is well. */
function take(tx: Transaction, people: number): Promise<ClaimRow[]> {
  return tx.query<ClaimRow>(
    `with mine as (
       select id from people
       where state = 'open' and next_at <= now() and held_until <= now()
       order by tries, position desc, county limit $1
       for update skip locked
     ), claim as (
       insert into claims (person_id, volunteer_id, volunteer_name, county)
       select id, '${NOBODY}', '', '' from mine returning id, person_id
     )
     update people p set claim_id = claim.id, held_until = now() + interval '${HELD}'
     from claim where p.id = claim.person_id
     returning claim.id, p.held_until as "heldUntil", ${personColumns}`,
    [Math.max(0, people)],
  );
}
