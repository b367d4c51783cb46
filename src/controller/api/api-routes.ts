import { siteHealthInFull } from '../../contract/site-health.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { JournalEntry, JournalQuery } from '../../ports/journal/port.ts';
import { readCircuit } from './read-circuit.ts';
import type { ApiRequest, ApiRoute } from './api-route.ts';
import { readFlagChange } from './read-flag-change.ts';
import { readPurge } from './read-purge.ts';
import { readTableChange } from './read-table-change.ts';
import type { SiteControl } from './site-control.ts';
import { writeRoutes } from './write-routes.ts';

/** All that the API does. A POST changes something, and access.ts asks for the token by that. */
const routes: readonly ApiRoute[] = [
  { method: 'GET', path: /^\/api\/status$/, handle: (control) => control.status() },
  {
    method: 'GET',
    path: /^\/api\/health$/,
    handle: async (control) => siteHealthInFull(await control.health(), 'site', Date.now()),
  },
  { method: 'GET', path: /^\/api\/journal$/, handle: readJournal },
  { method: 'GET', path: /^\/healthz$/, handle: async () => ({ status: 'ok' }) },
  {
    method: 'POST',
    path: /^\/api\/instances\/([a-z0-9-]{1,100})\/replace$/,
    asks: { kind: 'instance.replacement-asked' },
    handle: async (control, { id, who }) => {
      await control.replaceInstance(id, who);
      return { replacing: id };
    },
  },
  { method: 'GET', path: /^\/api\/jobs$/, handle: async (control) => ({ jobs: control.jobs() }) },
  {
    method: 'GET',
    path: /^\/api\/jobs\/([a-z0-9-]{1,63}\.[a-z0-9-]{1,63})$/,
    handle: (control, { id }) => control.jobHistory(id),
  },
  {
    method: 'POST',
    path: /^\/api\/jobs\/([a-z0-9-]{1,63}\.[a-z0-9-]{1,63})\/run$/,
    asks: { kind: 'job.run-asked' },
    handle: async (control, { id, who }) => ({ run: await control.runJob(id, who) }),
  },
  {
    method: 'POST',
    path: /^\/api\/reload$/,
    asks: { kind: 'site.reload-asked', subject: 'site' },
    handle: async (control, { who }) => {
      await control.reload(who);
      return { reloaded: true };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/resources\/([^/]{1,200})\/promote$/,
    asks: { kind: 'resource.promotion-asked', with: ['member', 'force', 'accept-loss'] },
    handle: (control, { id, query, who }) =>
      control.promote(id, {
        member: query.get('member'),
        force: query.has('force'),
        acceptLoss: query.has('accept-loss'),
        who,
      }),
  },
  {
    method: 'POST',
    path: /^\/api\/resources\/([^/]{1,200})\/reseed$/,
    asks: { kind: 'resource.reseed-asked', with: ['member'] },
    handle: async (control, { id, query, who }) => {
      const member = query.get('member') ?? '';
      await control.reseed(id, member, who);
      return { reseeded: member };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/purge$/,
    handle: async (control, { query, who }) => {
      const request = readPurge(query, who);
      await control.purge(request);
      return { purged: request.what, soft: request.isSoft };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/rules$/,
    handle: async (control) => ({ workers: await control.rules() }),
  },
  {
    method: 'GET',
    path: /^\/api\/circuits$/,
    handle: ({ circuits }) => circuits.status(),
  },
  {
    method: 'POST',
    path: /^\/api\/circuits$/,
    handle: async ({ circuits }, { query, who }) => {
      const request = readCircuit(query, who);
      await circuits.hold(request);
      return { circuit: request.circuit, to: request.to };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/tables$/,
    handle: async ({ tables }) => ({ tables: await tables.summaries() }),
  },
  { method: 'GET', path: /^\/api\/tables\/([^/]{1,200})$/, handle: readTable },
  {
    method: 'POST',
    path: /^\/api\/tables\/([^/]{1,200})$/,
    takesBody: true,
    handle: async ({ tables }, { id, body, who }) => ({
      results: await tables.change(readTableChange(id, body, who, Date.now())),
    }),
  },
  ...writeRoutes,
  {
    method: 'GET',
    path: /^\/api\/flags$/,
    handle: async ({ flags }) => ({ flags: await flags.list() }),
  },
  {
    method: 'POST',
    path: /^\/api\/flags$/,
    takesBody: true,
    handle: async ({ flags }, { body, who }) => {
      const change = readFlagChange(body, who, Date.now());
      return change.kind === 'set' ? flags.set(change.request) : flags.unset(change.request);
    },
  },
  {
    method: 'POST',
    path: /^\/api\/down$/,
    asks: { kind: 'site.down-asked', subject: 'site' },
    handle: async (control) => {
      await control.down();
      return { stopping: true };
    },
  },
];

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: ApiRoute; readonly id: string }
  | { readonly kind: 'wrong-method'; readonly allow: string }
  | { readonly kind: 'none' };

/** The route for a method and path; HEAD goes where GET goes. */
export function matchRoute(method: string, path: string): RouteMatch {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const there = routes.filter((route) => route.path.test(path));
  const route = there.find((candidate) => candidate.method === wanted);
  if (route !== undefined) return { kind: 'found', route, id: route.path.exec(path)?.[1] ?? '' };
  if (there.length === 0) return { kind: 'none' };
  return { kind: 'wrong-method', allow: there.map((candidate) => candidate.method).join(', ') };
}

const mostEntries = 1_000;

async function readJournal(control: SiteControl, { query }: ApiRequest): Promise<JsonValue> {
  const after = wholeNumber(query, 'after');
  const before = wholeNumber(query, 'before');
  const limit = Math.min(wholeNumber(query, 'limit') ?? 100, mostEntries);
  const kind = query.get('kind');
  const subject = query.get('subject');
  const search: JournalQuery = {
    limit,
    newest: after === null,
    ...(after === null ? {} : { after }),
    ...(before === null ? {} : { before }),
    ...(kind === null ? {} : { kind }),
    ...(subject === null ? {} : { subject }),
  };
  return { entries: (await control.journal.range(search)).map(toJson) };
}

/** `key`: that entry, or all networks that hold an address; else a page of all, from `after` on. */
async function readTable({ tables }: SiteControl, { id, query }: ApiRequest): Promise<JsonValue> {
  const key = query.get('key');
  if (key !== null) return { entries: await tables.find(id, key) };
  const limit = Math.min(wholeNumber(query, 'limit') ?? mostEntries, mostEntries);
  return tables.page(id, query.get('after'), Math.max(1, limit));
}

function toJson(entry: JournalEntry): JsonValue {
  const { position, atMs, kind, subject, who, why, data } = entry;
  return { position, at: new Date(atMs).toISOString(), kind, subject, who, why, data };
}

function wholeNumber(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new TurnoutError(
    'query-invalid',
    `\`${name}\` must be a whole number, not ${JSON.stringify(text.slice(0, 40))}.`,
    `Leave it out, or give one such as ${name}=100.`,
  );
}
