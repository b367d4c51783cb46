import type { Database, Transaction } from 'turnout/sdk';
import type { Volunteer } from '../../shared/session.ts';

/** This many wrong passwords for one address in this time, then nothing is tried any more. */
const ATTEMPTS = 10;
const WINDOW = '15 minutes';

export interface Account {
  readonly volunteer: Volunteer;
  readonly password: string;
  /** Raised to end every session of the account. */
  readonly epoch: number;
}

type AccountRow = Volunteer & { readonly password: string; readonly epoch: number };

/** A bounded share of what is over, past rows that another attempt is taking away. */
const FORGET_OLD = `delete from attempts where ctid = any (array(
  select ctid from attempts where at < now() - interval '${WINDOW}' limit 100 for update skip locked))`;
const columns = 'id, name, email, county, role, password, epoch';

export type Attempt =
  | { readonly kind: 'allowed'; readonly account: Account | null }
  | { readonly kind: 'too-many' };

/**
 * Counts a try at an account's password before it is looked at, so that no burst gets past the
 * bound; an address without an account is counted alike. `forgetAttempts` after the right one.
 */
export function attempt(db: Database, email: string): Promise<Attempt> {
  return db.write(async (tx): Promise<Attempt> => {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [email]);
    await tx.query(FORGET_OLD);
    const [tries] = await tx.query<{ count: number }>(
      `select count(*)::int as count from attempts
       where email = $1 and at > now() - interval '${WINDOW}'`,
      [email],
    );
    if ((tries?.count ?? 0) >= ATTEMPTS) return { kind: 'too-many' };
    await tx.query('insert into attempts (email) values ($1)', [email]);
    const [row] = await tx.query<AccountRow>(
      `select ${columns} from accounts where email = $1 and not closed`,
      [email],
    );
    return { kind: 'allowed', account: row === undefined ? null : accountOf(row) };
  });
}

export async function forgetAttempts(db: Database, email: string): Promise<void> {
  await db.write((tx) => tx.query('delete from attempts where email = $1', [email]));
}

/** The account as it is now; null where it is gone or closed. */
export async function findAccount(db: Database, id: string): Promise<Account | null> {
  const [row] = await db.readLatest<AccountRow>(
    `select ${columns} from accounts where id = $1 and not closed`,
    [id],
  );
  return row === undefined ? null : accountOf(row);
}

/**
 * Sets the password, ends all sessions but the one to be signed next, and returns the account; null
 * where the account is no longer as it was found, so that of two changes at once one is made.
 */
export function setPassword(db: Database, found: Account, hash: string): Promise<Account | null> {
  const { email } = found.volunteer;
  return db.write(async (tx: Transaction) => {
    const [row] = await tx.query<AccountRow>(
      `update accounts set password = $2, epoch = epoch + 1
       where email = $1 and epoch = $3 and not closed returning ${columns}`,
      [email, hash, found.epoch],
    );
    if (row === undefined) return null;
    await tx.query('delete from attempts where email = $1', [email]);
    return accountOf(row);
  });
}

function accountOf({ password, epoch, ...volunteer }: AccountRow): Account {
  return { volunteer, password, epoch };
}
