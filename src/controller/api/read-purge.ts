import type { PurgeTarget } from '../../contract/keys.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { PurgeRequest } from './site-control.ts';

const longest = 4_096;
const known = new Set(['path', 'host', 'prefix', 'key', 'all', 'soft', 'why']);

/**
 * What `POST /api/purge` is asked: `path` (with `host`, and `prefix` for all that begin so), `key`
 * or `all`; `soft`, `why`. Throws TurnoutError `query-invalid`.
 */
export function readPurge(query: URLSearchParams, who: string): PurgeRequest {
  const ways = ['path', 'key', 'all'].filter((name) => query.has(name));
  const [way, ...others] = ways;
  if (way === undefined || others.length > 0) throw invalid('Name one: a path, a key, or all.');
  // What is misspelt must not purge harder, or more, than was meant.
  const unknown = [...query.keys()].find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw invalid(`A purge knows ${[...known].join(', ')}, and no ${JSON.stringify(unknown)}.`);
  }
  for (const name of ['host', 'prefix']) {
    if (query.has(name) && way !== 'path') throw invalid(`\`${name}\` goes with a path.`);
  }
  const why = query.get('why');
  for (const [name, value] of query) {
    if (value.length > longest) throw invalid(`\`${name}\` is longer than ${longest} letters.`);
  }
  return { what: targetOf(way, query), isSoft: query.has('soft'), who, why };
}

function targetOf(way: string, query: URLSearchParams): PurgeTarget {
  if (way === 'all') return { kind: 'all' };
  if (way === 'key') {
    const key = query.get('key') ?? '';
    if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(key)) throw invalid('A key has neither spaces nor commas.');
    return { kind: 'key', key };
  }
  const path = query.get('path') ?? '';
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw invalid(`A path begins with / and is percent-encoded, not ${JSON.stringify(path)}.`);
  }
  const host = query.get('host')?.toLowerCase() ?? null;
  return { kind: 'path', path, host, isPrefix: query.has('prefix') };
}

function invalid(message: string): TurnoutError {
  return new TurnoutError('query-invalid', message, 'See `turnout purge --help`.');
}
