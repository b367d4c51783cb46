import { createHash } from 'node:crypto';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { JsonValue } from '../../lib/json.ts';
import { log } from '../log.ts';
import { RequestProblem } from '../serve/request-problem.ts';
import type { Database, Once, OnceResult, Transaction } from './database.ts';
import { inWords } from './what-failed.ts';

/** How long a key is remembered: longer than any write waits in a queue. */
export const KEPT_DAYS = 7;
const COLLECT_EVERY_MS = 60_000;
const COLLECT_AT_MOST = 1_000;

/**
 * `json` and not `jsonb`: an answer that is given again is the first one, character by character.
 */
export const onceTable = `create table if not exists turnout_once (
  feature text not null,
  key text not null,
  fingerprint text not null,
  answer json not null,
  created_at timestamptz not null default now(),
  primary key (feature, key)
);
create index if not exists turnout_once_oldest on turnout_once (created_at)`;

interface Kept<T> {
  /** Null where the key is new. */
  readonly fingerprint: string | null;
  readonly answer: T;
}

/** Waiting is bounded for the turn alone, and not for what the work does. */
const turn = `select set_config('lock_timeout', $2, true),
  pg_advisory_xact_lock(hashtextextended($1, 0))`;
const keptAnswer = `with turn_is_here as materialized (select set_config('lock_timeout', '0', true))
  select fingerprint, answer from turn_is_here
  left join turnout_once on feature = $1 and key = $2`;
/** The turn did not come in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/** See `Database.once`. */
export async function doOnce<T extends JsonValue>(
  database: Pick<Database, 'write'>,
  { key, feature, request }: Once,
  work: (transaction: Transaction) => Promise<T>,
  waitMs: number,
): Promise<OnceResult<T>> {
  if (key === null) return { kind: 'done', answer: await database.write(work) };
  const fingerprint = createHash('sha256').update(canonicalJson(request)).digest('hex');
  const result = await database.write(async (transaction): Promise<OnceResult<T>> => {
    await waitForTurn(transaction, feature, key, waitMs);
    const [first] = await transaction.query<Kept<T>>(keptAnswer, [feature, key]);
    if (first !== undefined && first.fingerprint !== null) {
      if (first.fingerprint !== fingerprint) return { kind: 'key-reused' };
      return { kind: 'again', answer: first.answer };
    }
    const answer = await work(transaction);
    await transaction.query(
      'insert into turnout_once (feature, key, fingerprint, answer) values ($1, $2, $3, $4)',
      [feature, key, fingerprint, JSON.stringify(answer)],
    );
    return { kind: 'done', answer };
  });
  collectOld(database);
  return result;
}

/** Whoever comes with a key that is being worked on waits here until that has been decided. */
async function waitForTurn(
  transaction: Transaction,
  feature: string,
  key: string,
  waitMs: number,
): Promise<void> {
  try {
    const lock = canonicalJson([feature, key]);
    await transaction.query(turn, [lock, String(Math.ceil(waitMs))]);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    const detail = 'A request with this Idempotency-Key is still being worked on. Try again later.';
    throw new RequestProblem(409, 'Still being worked on', detail);
  }
}

const collectedAtMs = new WeakMap<object, number>();

/** Now and then, a bounded number, behind the answer's back; what fails is tried again later. */
function collectOld(database: Pick<Database, 'write'>): void {
  const nowMs = performance.now();
  const lastMs = collectedAtMs.get(database);
  if (lastMs !== undefined && nowMs - lastMs < COLLECT_EVERY_MS) return;
  collectedAtMs.set(database, nowMs);
  collectKeys(database).catch((error: unknown) => {
    log.warn('old idempotency keys were not collected', { reason: inWords(error) });
  });
}

/** Forgets keys older than KEPT_DAYS, the oldest first, 1,000 at most; resolves with how many. */
export function collectKeys(database: Pick<Database, 'write'>): Promise<number> {
  return database.write(async (transaction) => {
    const gone = await transaction.query(
      `delete from turnout_once where (feature, key) in (
         select feature, key from turnout_once
         where created_at < now() - make_interval(days => $1)
         order by created_at limit $2 for update skip locked
       ) returning 1 as gone`,
      [KEPT_DAYS, COLLECT_AT_MOST],
    );
    return gone.length;
  });
}
