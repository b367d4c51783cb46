import { NeedLostError } from '../need-lost-error.ts';
import type { Transaction } from './database.ts';
import { breaksSession, failureOf, type Session } from './database-server.ts';
import { inWords } from './what-failed.ts';

export interface TransactionRules {
  /** What is lost when the server is: `db.primary`. */
  readonly role: string;
  readonly timeoutMs: number;
  /** Told of every failure of a statement. */
  readonly failed: (error: unknown) => void;
}

/** PostgreSQL stopped waiting for its replica: the commit holds here, and may be lost with it. */
const NOT_REPLICATED = 'SyncRepWaitForLSN';

/**
 * Carries `work` out on a session whose transaction has begun, and commits. Rejects with what
 * `work` threw after a rollback, and with NeedLostError where the server is lost:
 * `nothing-done` before the commit was sent, `unknown` when its answer never came.
 */
export async function inTransaction<T>(
  session: Session,
  work: (transaction: Transaction) => Promise<T>,
  rules: TransactionRules,
): Promise<T> {
  const deadlineMs = performance.now() + rules.timeoutMs;
  const left = (): number => deadlineMs - performance.now();
  let broken = true;
  let over = false;
  // Still busy with what was given up, or gone: a rollback would only wait behind that.
  let isUseless = false;
  const transaction: Transaction = {
    async query<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
      if (over) throw new Error('this transaction is over');
      try {
        const { rows } = await session.query(sql, values, left());
        return rows as readonly object[] as R[];
      } catch (error) {
        isUseless ||= breaksSession(error);
        throw orNeedLost(error, rules);
      }
    },
  };
  try {
    const result = await work(transaction);
    over = true;
    await commit(session, left(), rules);
    broken = false;
    return result;
  } catch (error) {
    if (!over && !isUseless) broken = !(await rolledBack(session, rules.timeoutMs));
    throw error;
  } finally {
    over = true;
    session.giveBack(broken);
  }
}

async function commit(session: Session, ms: number, rules: TransactionRules): Promise<void> {
  let replicated = true;
  session.onNotice(({ routine }) => {
    if (routine === NOT_REPLICATED) replicated = false;
  });
  let command: string;
  try {
    ({ command } = await session.query('commit', [], ms));
  } catch (error) {
    rules.failed(error);
    // A constraint that is checked at the end speaks here: then nothing was done.
    if (!breaksSession(error)) throw error;
    throw new NeedLostError(rules.role, inWords(error), { outcome: 'unknown', cause: error });
  }
  if (command === 'ROLLBACK') {
    throw new Error('nothing was written: a statement of the transaction had failed before');
  }
  if (!replicated) {
    throw new NeedLostError(rules.role, 'no replica confirmed the commit', { outcome: 'unknown' });
  }
}

/** False when the connection is of no use any more; the server rolls back then by itself. */
async function rolledBack(session: Session, ms: number): Promise<boolean> {
  return session.query('rollback', [], ms).then(
    () => true,
    () => false,
  );
}

/** What the service can do nothing about is a lost need; the rest is PostgreSQL's own error. */
function orNeedLost(error: unknown, rules: TransactionRules): unknown {
  rules.failed(error);
  const failure = failureOf(error);
  if (failure === 'statement' || failure === 'conflict') return error;
  return new NeedLostError(rules.role, inWords(error), { cause: error });
}
