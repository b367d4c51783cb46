import { normalisePath, normaliseQuery } from './normalise-path.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface Target {
  /** `*` where the server as a whole is asked about. */
  readonly path: string;
  readonly query: string | null;
  /** Of a target in absolute form, as received. */
  readonly authority: string | null;
  readonly scheme: 'http' | 'https' | null;
}

const MAX_TARGET_BYTES = 8 * 1024;

/** A request target in origin, absolute or asterisk form (RFC 9112, section 3.2). */
export function readTarget(target: string, method: string): Target | Refusal {
  if (target.length > MAX_TARGET_BYTES) {
    return refuse('target-too-long', 'Ask for less in the address.');
  }
  if (target === '*' && method === 'OPTIONS') return asterisk;
  const absolute = target.startsWith('/') ? null : /^(https?):\/\/([^/?#]*)/i.exec(target);
  if (absolute === null) return readLocal(target) ?? badPath;
  const [start, scheme, authority = ''] = absolute;
  const of = {
    authority,
    scheme: scheme?.toLowerCase() === 'https' ? 'https' : 'http',
  } as const;
  const local = target.slice(start.length);
  // Without a path it asks about the server (RFC 9112, section 3.2.4).
  if (local === '' && method === 'OPTIONS') return { ...asterisk, ...of };
  const read = readLocal(local.startsWith('/') ? local : `/${local}`);
  return read === null ? badPath : { ...read, ...of };
}

const asterisk: Target = { path: '*', query: null, authority: null, scheme: null };
const badPath = refuse('bad-path', 'The address holds something that cannot be in one.');

function readLocal(local: string): Target | null {
  const mark = local.indexOf('?');
  const path = normalisePath(mark === -1 ? local : local.slice(0, mark));
  const query = mark === -1 ? null : normaliseQuery(local.slice(mark + 1));
  if (path === null || (mark !== -1 && query === null)) return null;
  return { path, query, authority: null, scheme: null };
}
