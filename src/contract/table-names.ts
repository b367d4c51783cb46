import { createHash } from 'node:crypto';
import { TABLES_PREFIX } from './tables.ts';

/** What a table may be called: what CEL can name. */
export const TABLE_NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** As in edge.yaml. */
export const TABLE_KEY_LIMIT_CHARACTERS = 300;
export const TABLE_VALUE_LIMIT_CHARACTERS = 2_000;

/** Entries that were made while the site runs, of all tables together. */
export const LIVE_ENTRIES_LIMIT = 100_000;

const PLAIN = /^[a-z0-9._:@-]+(?:\/[a-z0-9._:@-]+)*$/;
const PLAIN_LIMIT_CHARACTERS = 200;
const HASHED = 'sha256:';

/**
 * The key in state of one entry of a table. Addresses, networks and plain words stand in it as they
 * are; what state could not keep under its own name, capitals for one, has the name of its digest.
 */
export function tableStateKey(table: string, key: string): string {
  const isPlain =
    key.length <= PLAIN_LIMIT_CHARACTERS && PLAIN.test(key) && !key.startsWith(HASHED);
  const name = isPlain ? key : `${HASHED}${createHash('sha256').update(key).digest('hex')}`;
  return `${TABLES_PREFIX}${table}/${name}`;
}
