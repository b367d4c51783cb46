import { TurnoutError } from '../../lib/errors.ts';
import type { TableChange, TableChangeset } from '../tables/table-changes.ts';

/** Changes of one call; more come in several. */
const MOST_CHANGES = 1_000;
const LONGEST_WHY = 500;
/** The last moment that a date can say (ECMA-262, 21.4.1.1). */
const LAST_MS = 8_640_000_000_000_000;

/**
 * What `POST /api/tables/NAME` is asked, as JSON: `changes`, a list of `{ put: KEY }` or
 * `{ remove: KEY }`, with `value`, `for` in milliseconds or `until` in milliseconds since the
 * epoch, and `expect`, the revision it was seen with; `why`; `force`; `check` to change nothing.
 * Throws TurnoutError `body-invalid`.
 */
export function readTableChange(
  table: string,
  body: string,
  who: string,
  nowMs: number,
): TableChangeset {
  const whole = objectOf(parse(body), 'the body');
  onlyKnown(whole, ['changes', 'why', 'force', 'check'], 'the body');
  const { changes, why, force, check } = whole;
  if (!Array.isArray(changes) || changes.length === 0 || changes.length > MOST_CHANGES) {
    throw invalid(`\`changes\` is a list of 1 to ${MOST_CHANGES} changes.`);
  }
  const isWhy = why === undefined || why === null || typeof why === 'string';
  if (!isWhy || (why ?? '').length > LONGEST_WHY) {
    throw invalid(`\`why\` is text of at most ${LONGEST_WHY} letters.`);
  }
  return {
    table,
    changes: changes.map((change) => readChange(change, nowMs)),
    who,
    why: why ?? null,
    force: force === true,
    isCheck: check === true,
  };
}

function readChange(written: unknown, nowMs: number): TableChange {
  const change = objectOf(written, 'a change');
  onlyKnown(change, ['put', 'remove', 'value', 'for', 'until', 'expect'], 'a change');
  const { put, remove, value = null, expect = null } = change;
  const key = put ?? remove;
  if (typeof key !== 'string' || (put !== undefined && remove !== undefined)) {
    throw invalid('A change has one of `put` and `remove`, which is the key.');
  }
  if (value !== null && typeof value !== 'string') throw invalid('`value` is text.');
  if (expect !== null && !isWhole(expect)) throw invalid('`expect` is a revision, or 0 for none.');
  return {
    kind: put === undefined ? 'remove' : 'put',
    key,
    value,
    expiresMs: readExpiry(change, nowMs),
    expect,
  };
}

function readExpiry(change: Record<string, unknown>, nowMs: number): number | null {
  const { for: forMs = null, until = null } = change;
  if (forMs === null && until === null) return null;
  const at = forMs === null ? until : isWhole(forMs) ? nowMs + forMs : null;
  if (!isWhole(at) || at <= nowMs || at > LAST_MS || (forMs !== null && until !== null)) {
    throw invalid(
      '`for` or `until` is a whole number of milliseconds, later than now, that a date can say.',
    );
  }
  return at;
}

/** A ban whose misspelt end nobody reads would last for ever. */
function onlyKnown(value: Record<string, unknown>, names: readonly string[], what: string): void {
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const shown = JSON.stringify(unknown.slice(0, 60));
  throw invalid(`${what} knows ${names.map((name) => `\`${name}\``).join(', ')}, and no ${shown}.`);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(`${what} is an object of JSON.`);
}

function invalid(message: string): TurnoutError {
  return new TurnoutError(
    'body-invalid',
    `The body says no change of a table: ${message}`,
    'The guide has an example: docs/guide/bans.md.',
  );
}
