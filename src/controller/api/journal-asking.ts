import { TurnoutError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { ApiRequest, Asking } from './api-route.ts';

const LONGEST_WHY = 1_000;

/**
 * Notes who asks for what, and why, before it is tried: also what is then refused was asked. A
 * journal that cannot be written keeps nobody from promoting a replica. Throws TurnoutError
 * `query-invalid` for a reason that is too long.
 */
export async function journalAsking(
  asks: Asking,
  { id, query, who }: ApiRequest,
  journal: Pick<Journal, 'append'>,
  log: Log,
): Promise<void> {
  const why = query.get('why')?.trim() ?? '';
  if (why.length > LONGEST_WHY) {
    throw new TurnoutError(
      'query-invalid',
      `\`why\` has ${why.length} letters.`,
      `Say it in at most ${LONGEST_WHY}.`,
    );
  }
  const told = (asks.with ?? []).filter((name) => query.has(name));
  const entry = {
    kind: asks.kind,
    subject: asks.subject ?? id,
    who,
    ...(why === '' ? {} : { why }),
    ...(told.length === 0
      ? {}
      : { data: Object.fromEntries(told.map((name) => [name, query.get(name) || true])) }),
  };
  try {
    await journal.append(entry);
  } catch (error) {
    log.error('what was asked is not in the journal', { ...entry, error: String(error) });
  }
}
