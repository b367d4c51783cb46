import { isIP } from 'node:net';
import { formatDuration, parseDuration } from '../../lib/duration.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import type { Cache } from '../feature-model.ts';
import type { Listener, NeedReference, RoutePattern } from '../model.ts';
import type { Rung } from '../feature-model.ts';
import type { Notation, Parsed } from './schema.ts';

/**
 * The small languages inside manifests: routes, needs, rungs, caches, addresses. Each value has one
 * way of being shown.
 */

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'ANY'];
const segmentShape = /^(?:[\w.~!$&'()+,;=@%-]+|:[a-z][\w-]*|\*\*)$/i;

function no(why: string | null): { readonly ok: false; readonly why: string | null } {
  return { ok: false, why };
}

export const route: Notation<RoutePattern> = {
  name: 'route',
  expected: 'a method and a path, such as `GET /api/donations/:id` or `ANY /files/**`',
  examples: ['GET /api/donations/total', 'POST /api/donations', 'ANY /files/**'],
  pattern: String.raw`^[A-Z]+ /\S*$`,
  parse: parseRoute,
  show: ({ method, path }) => `${method} ${path}`,
  fallback: { method: 'GET', path: '/' },
};

function parseRoute(text: string): Parsed<RoutePattern> {
  const [method, path, ...rest] = text.trim().split(/\s+/);
  if (method === undefined || path === undefined || rest.length > 0) {
    return no(text.startsWith('/') ? 'The method is missing.' : null);
  }
  if (!/^[A-Z]{1,20}$/.test(method)) return no('Methods are written in capitals.');
  const near = methods.includes(method) ? null : nearestName(method, methods);
  if (near !== null) return no(`Did you mean ${near}?`);
  if (!path.startsWith('/')) return no('The path must begin with “/”.');
  if (path === '/') return { ok: true, value: { method, path } };
  const segments = path.replace(/\/$/, '').slice(1).split('/');
  const names = segments.filter((segment) => segment.startsWith(':'));
  for (const [index, segment] of segments.entries()) {
    if (segment === '') return no('The path has two slashes in a row.');
    if (/^\{.*\}$/.test(segment)) return no('Parameters are written `:id`.');
    if (segment === '*') return no('Write `:name` for one segment, `**` for the rest.');
    if (segment.includes('?') || segment.includes('#'))
      return no('Routes match paths, not queries.');
    if (!segmentShape.test(segment)) return no(`“${segment}” cannot be part of a path.`);
    if (segment === '.' || segment === '..') return no('A path cannot climb.');
    if (segment === '**' && index !== segments.length - 1) return no('`**` can only be last.');
  }
  if (new Set(names).size !== names.length) return no('Two parameters have one name.');
  return { ok: true, value: { method, path: `/${segments.join('/')}` } };
}

export const needReference: Notation<NeedReference> = {
  name: 'need',
  expected: 'a need of this service, such as `db`, or one role of it, such as `db.primary`',
  examples: ['db', 'db.primary', 'db.replica'],
  pattern: String.raw`^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$`,
  parse: (text) => {
    const match = /^([a-z][a-z0-9-]*)(?:\.([a-z][a-z0-9-]*))?$/.exec(text);
    const [, need, role] = match ?? [];
    return need === undefined ? no(null) : { ok: true, value: { need, role: role ?? null } };
  },
  show: showNeed,
  fallback: { need: '', role: null },
};

export function showNeed({ need, role }: NeedReference): string {
  return role === null ? need : `${need}.${role}`;
}

const rungKinds = ['stale', 'static', 'region', 'queue', 'read-only', 'redirect', 'closed'];

export const rung: Notation<Rung> = {
  name: 'rung',
  expected:
    'a rung: `stale 1h`, `static FILE`, `region NAME`, `queue 24h by body.email`, `read-only`, `redirect URL` or `closed`, each with `for GET, POST` behind it if only some methods are meant',
  examples: [
    'stale 1h',
    'static fallbacks/total.json',
    'queue 24h by body.email',
    'closed for POST',
  ],
  pattern: `^(${rungKinds.join('|')})( .*)?$`,
  parse: parseRung,
  show: showRung,
  fallback: { kind: 'closed', methods: null },
};

function parseRung(text: string): Parsed<Rung> {
  const words = text.trim().split(/\s+/);
  const split = words.indexOf('for');
  const named =
    split === -1
      ? null
      : words
          .slice(split + 1)
          .join(' ')
          .split(/[\s,]+/);
  if (named !== null && !named.every((method) => /^[A-Z]+$/.test(method))) {
    return no('After `for` come methods, such as `for GET, POST`.');
  }
  const [kind = '', argument, ...rest] = split === -1 ? words : words.slice(0, split);
  if (!rungKinds.includes(kind)) {
    const near = nearestName(kind, rungKinds);
    return no(near === null ? null : `Did you mean \`${near}\`?`);
  }
  return parseRungOf(kind, argument, rest, named);
}

const lacking: Readonly<Record<string, string>> = {
  stale: 'how old an answer may be',
  static: 'the file',
  region: 'the name of the region',
  queue: 'how long writes may wait',
  redirect: 'where to',
};

function parseRungOf(
  kind: string,
  argument: string | undefined,
  rest: readonly string[],
  methods: readonly string[] | null,
): Parsed<Rung> {
  const done = (value: Rung): Parsed<Rung> =>
    rest.length === 0 ? { ok: true, value } : no(`“${rest.join(' ')}” is too much.`);
  if (kind === 'closed' || kind === 'read-only') {
    if (argument !== undefined) return no(`Nothing follows \`${kind}\` but \`for\` and methods.`);
    return done({ kind, methods });
  }
  if (argument === undefined) return no(`\`${kind}\` lacks ${lacking[kind] ?? 'a word'}.`);
  if (kind === 'static') return done({ kind, file: argument.replace(/^\.\//, ''), methods });
  if (kind === 'region') return done({ kind, region: argument, methods });
  if (kind === 'redirect') {
    const usable = /^(https?:\/\/[^\s/]|\/)/.test(argument);
    return usable ? done({ kind, url: argument, methods }) : no(`“${argument}” is no URL or path.`);
  }
  const forMs = parseDuration(argument);
  if (forMs === null || forMs === 0) return no(`“${argument}” is no duration.`);
  if (kind === 'stale') return done({ kind, forMs, methods });
  const [by, key, ...more] = rest;
  if (by !== 'by' || key === undefined || more.length > 0) {
    return no('`queue` needs the key by which writes stay in order, such as `by body.email`.');
  }
  if (!queueKeyShape.test(key)) {
    return no(`“${key}” is no key: write body.FIELD, header.NAME, path.NAME or query.NAME.`);
  }
  return { ok: true, value: { kind: 'queue', forMs, by: key, methods } };
}

const queueKeyShape = /^(?:(?:body|path|query)(?:\.[A-Za-z_][\w-]*)+|header\.[A-Za-z][\w-]*)$/;

export function showRung(value: Rung): string {
  const methods = value.methods === null ? '' : ` for ${value.methods.join(', ')}`;
  switch (value.kind) {
    case 'stale':
      return `stale ${formatDuration(value.forMs)}${methods}`;
    case 'static':
      return `static ${value.file}${methods}`;
    case 'region':
      return `region ${value.region}${methods}`;
    case 'queue':
      return `queue ${formatDuration(value.forMs)} by ${value.by}${methods}`;
    case 'redirect':
      return `redirect ${value.url}${methods}`;
    case 'read-only':
    case 'closed':
      return `${value.kind}${methods}`;
  }
}

export const cache: Notation<Cache> = {
  name: 'cache',
  expected: '`origin`, `none` or a lifetime such as `5s`',
  examples: ['origin', 'none', '5s', '10m'],
  pattern: String.raw`^(origin|none|(\d+(\.\d+)?(ms|s|m|h|d))+)$`,
  parse: (text) => {
    if (text === 'origin' || text === 'none') return { ok: true, value: { kind: text } };
    const forMs = parseDuration(text);
    if (forMs === 0) return no('Write `none` to store nothing.');
    if (forMs !== null) return { ok: true, value: { kind: 'for', forMs } };
    const near = nearestName(text, ['origin', 'none']);
    return no(near === null ? null : `Did you mean \`${near}\`?`);
  },
  show: (value) => (value.kind === 'for' ? formatDuration(value.forMs) : value.kind),
  fallback: { kind: 'origin' },
};

export const listener: Notation<Listener> = {
  name: 'address',
  expected: 'a port or an address and port, such as `8080`, `0.0.0.0:8080` or `[::1]:8080`',
  examples: ['8080', '127.0.0.1:8080', '0.0.0.0:443', '[::]:8080'],
  pattern: String.raw`^((\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]|localhost):)?\d{1,5}$`,
  numbers: true,
  parse: (text) => {
    const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
    if (match === null) return no(null);
    const host = match[1] ?? '127.0.0.1';
    const address = host === 'localhost' ? '127.0.0.1' : host.replaceAll(/[[\]]/g, '');
    const port = Number(match[2]);
    if (isIP(address) === 0) return no(`“${host}” is no address of a machine.`);
    if (port > 65_535) return no('Ports end at 65535.');
    return { ok: true, value: { address, port } };
  },
  show: ({ address, port }) =>
    isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`,
  fallback: { address: '127.0.0.1', port: 0 },
};

export const cidr: Notation<string> = {
  name: 'network',
  expected: 'an address or a network in CIDR form, such as `10.0.0.0/8` or `2001:db8::/32`',
  examples: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'],
  pattern: String.raw`^[0-9a-fA-F:.]+(/\d{1,3})?$`,
  parse: (text) => {
    const [address = '', bits, more] = text.split('/');
    const family = isIP(address);
    if (family === 0 || more !== undefined) return no(null);
    const longest = family === 4 ? 32 : 128;
    const length = bits === undefined ? longest : Number(bits);
    if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return no(null);
    if (length > longest) return no(`A prefix of this kind has at most ${longest} bits.`);
    return { ok: true, value: `${address.toLowerCase()}/${length}` };
  },
  show: (value) => value,
  fallback: '127.0.0.1/32',
};
