import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueryResult } from 'pg';
import type { Row, Session } from './database-server.ts';
import { inTransaction } from './transaction.ts';

interface Told {
  readonly statements: string[];
  broken: boolean | null;
}

/** A session whose statements answer, but for those that `fail`. */
function session(fail: (sql: string) => Error | null): { readonly session: Session } & Told {
  const told: Told = { statements: [], broken: null };
  const session: Session = {
    query: async (sql) => {
      told.statements.push(sql);
      const error = fail(sql);
      if (error !== null) throw error;
      return { rows: [], command: sql.toUpperCase() } as unknown as QueryResult<Row>;
    },
    onNotice: () => undefined,
    giveBack: (broken) => (told.broken = broken),
  };
  return Object.assign(told, { session });
}

const rules = { role: 'db.primary', timeoutMs: 1_000, failed: () => undefined };

test('a connection still busy with what was given up is closed, and asked nothing', async () => {
  for (const message of ['Query read timeout', 'Connection terminated unexpectedly']) {
    const used = session((sql) => (sql === 'slow' ? new Error(message) : null));
    const work = inTransaction(used.session, ({ query }) => query('slow'), rules);
    await assert.rejects(work, { name: 'NeedLostError', outcome: 'nothing-done' });
    assert.deepEqual(used.statements, ['slow']);
    assert.equal(used.broken, true);
  }
});

test('what fails by itself is rolled back, and the connection used again', async () => {
  const wrong = Object.assign(new Error('duplicate key'), { code: '23505' });
  const used = session((sql) => (sql === 'insert' ? wrong : null));
  await assert.rejects(
    inTransaction(used.session, ({ query }) => query('insert'), rules),
    wrong,
  );
  assert.deepEqual(used.statements, ['insert', 'rollback']);
  assert.equal(used.broken, false);
});
