import {
  choice,
  list,
  notation,
  object,
  optional,
  required,
  text,
  whole,
  withDefault,
} from './describe.ts';
import { name, urlPath } from './names.ts';
import { cidr } from './notations.ts';
import { duration } from './quantities.ts';
import type { Infer, Notation } from './schema.ts';

export interface Statuses {
  readonly from: number;
  readonly to: number;
}

const statuses: Notation<Statuses> = {
  name: 'statuses',
  expected: 'a status from 400 to 599, or a class of them: `4xx` or `5xx`',
  examples: ['402', '4xx'],
  pattern: '^([45]xx|[45][0-9][0-9])$',
  numbers: true,
  parse: (written) => {
    if (!/^[45](?:xx|\d\d)$/.test(written)) return { ok: false, why: null };
    const isClass = written.endsWith('xx');
    const from = Number(isClass ? `${written.slice(0, 1)}00` : written);
    return { ok: true, value: { from, to: isClass ? from + 99 : from } };
  },
  show: ({ from, to }) => (from === to ? String(from) : `${String(from).slice(0, 1)}xx`),
  fallback: { from: 400, to: 499 },
};

const limit = object('a limit', 'How often one client may be refused.', {
  name: required(name('the name of a limit'), 'Its name, for the log and as the reason of a ban.'),
  statuses: required(notation(statuses), 'The answers that count.'),
  method: optional(
    text('a method in capitals', { pattern: /^[A-Z]{1,20}$/ }),
    'The method that counts.',
    { otherwise: 'any' },
  ),
  path: optional(urlPath, 'The path that counts, and all below it.', { otherwise: 'any' }),
  count: required(whole(1, 1_000_000), 'So many are fine, at one worker.'),
  within: required(notation(duration(1_000, 3_600_000)), 'The time they are counted in.'),
});

/** `auto-ban:` in edge.yaml. */
export const autoBan = object('auto-ban', 'Bans that the edge makes by itself, each for a while.', {
  mode: withDefault(
    choice(['observe', 'enforce']),
    'observe',
    'Whether it bans, or only says in the log whom it would.',
  ),
  for: withDefault(notation(duration(10_000, 86_400_000)), 900_000, 'How long a ban takes.'),
  never: withDefault(
    list(notation(cidr), { single: true, max: 1000 }),
    [],
    'Networks that are never banned by it.',
  ),
  limits: required(list(limit, { min: 1, max: 50 }), 'Each counts on its own.'),
});

export type AutoBanManifest = Infer<typeof autoBan>;
