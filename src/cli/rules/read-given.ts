import { isIP } from 'node:net';
import { BANS_TABLE, type LiveTableEntry } from '../../contract/tables.ts';
import { checkedKey } from '../../controller/tables/check-change.ts';
import type { EdgeConfiguration } from '../../derive/edge/edge-configuration.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { GivenRequest } from './try-request.ts';

/** A request as a command line tells it. */
export interface GivenOptions {
  readonly address: string;
  readonly country?: string;
  readonly header: readonly string[];
  readonly trustedHop?: boolean;
  /** `table key` or `table key value`, each. */
  readonly entry: readonly string[];
}

interface GivenTables {
  readonly edge: Pick<EdgeConfiguration, 'tables'>;
  readonly live: readonly LiveTableEntry[];
}

/** Throws TurnoutError `request-refused` or `table-entry-invalid`. */
export function readGiven(
  method: string,
  url: string,
  options: GivenOptions,
  { edge, live }: GivenTables,
): GivenRequest {
  if (isIP(options.address) === 0) throw wrong(`${options.address} is no address.`);
  if (!/^[A-Z]{1,20}$/.test(method)) throw wrong(`${method} is no method.`);
  const base = 'http://site.example';
  if (!URL.canParse(url, base)) throw wrong(`${url} is no URL and no path.`);
  const { host, pathname, search } = new URL(url, base);
  // A path goes as it is written: the edge normalises it itself.
  const target = url.startsWith('/') ? url : `${pathname}${search}`;
  const headers = options.header.map((line): readonly [string, string] => {
    const at = line.indexOf(':');
    if (at < 1) throw wrong(`“${line}” is no header.`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return {
    method,
    target,
    host,
    headers,
    bodyBytes: 0,
    address: options.address,
    country: options.country ?? null,
    asNumber: null,
    asName: null,
    isThroughTrustedHop: options.trustedHop === true,
    nowMs: Date.now(),
    times: 1,
    live: [...live, ...options.entry.map((words) => readEntry(words, edge))],
  };
}

function readEntry(words: string, edge: GivenTables['edge']): LiveTableEntry {
  const [table = '', key = '', ...rest] = words.trim().split(/\s+/);
  const isBans = table === BANS_TABLE;
  const kind = isBans ? 'cidr' : edge.tables.find(({ name }) => name === table)?.kind;
  if (kind === undefined) throw wrong(`edge.yaml declares no table “${table}”.`);
  const value = rest.length === 0 ? null : rest.join(' ');
  const change = { kind: 'put', key, value, expiresMs: null, expect: null } as const;
  return {
    table,
    key: checkedKey(table, kind, change),
    value,
    isRemoved: false,
    author: 'cli',
    why: null,
    atMs: 0,
    expiresMs: null,
  };
}

function wrong(message: string): TurnoutError {
  return new TurnoutError(
    'request-refused',
    message,
    'Write for example `turnout rules explain GET /donate --address 203.0.113.7`.',
  );
}
