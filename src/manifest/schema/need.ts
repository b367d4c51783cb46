import { choice, list, notation, object, optional, text, whole, withDefault } from './describe.ts';
import { breaker } from './breaker.ts';
import { httpUrl, name } from './names.ts';
import { cache, rung } from './notations.ts';
import { duration } from './quantities.ts';
import type { Infer } from './schema.ts';

const second = 1000;

const proxy = object(
  'a proxy',
  'How the site stands in front of an API of somebody else. Instances call it as before.',
  {
    'in-flight': withDefault(
      whole(1, 100_000),
      32,
      'Most calls at a time of the whole site; the workers share them out among themselves.',
    ),
    cache: withDefault(
      notation(cache),
      { kind: 'origin' },
      '`origin` obeys the answer’s own headers (RFC 9111), a duration is the lifetime where they give none, `none` never stores.',
    ),
    'fails-on': withDefault(
      list(whole(500, 599), { max: 16, single: true }),
      [],
      'Statuses that are failures too, so that the ladder steps in; 502 to 504 always are.',
    ),
    breaker: optional(breaker, 'When calls are refused at once because too many failed.', {
      otherwise: 'one with the defaults',
    }),
    ladder: withDefault(
      list(notation(rung), { max: 12, single: true }),
      [],
      'What is answered in its place when it fails, in order: `stale`, `static` and `closed`.',
    ),
  },
);

export const need = object(
  'a need',
  'What the service depends on.',
  {
    postgres: optional(name('the name of a resource'), 'A PostgreSQL resource of site.yaml.'),
    http: optional(httpUrl, 'The URL of an HTTP API of somebody else.'),
    feature: optional(
      text('a feature of the site such as `identity.sign-in`', {
        pattern: /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/,
        examples: ['identity.sign-in'],
      }),
      'A feature of another service.',
    ),
    timeout: optional(notation(duration(1, 600 * second)), 'Longest wait for an answer.', {
      otherwise: '2s; for a feature its own deadline',
    }),
    'in-flight': optional(
      whole(1, 100_000),
      'Most calls at a time, or connections to each server of a database, for one instance.',
      { otherwise: '32; for a database 10' },
    ),
    reads: withDefault(
      choice(['replica', 'primary']),
      'replica',
      'Which server of a database is asked first where a read may be a moment old.',
      { onlyWith: 'postgres' },
    ),
    proxy: optional(proxy, 'The site stands in front of it, with a cache, limits and a ladder.', {
      onlyWith: 'http',
      otherwise: 'instances call it themselves',
    }),
  },
  {
    alternatives: [{ keys: ['postgres', 'http', 'feature'], required: true, what: 'what it is' }],
  },
);

export type NeedManifest = Infer<typeof need>;

export type ProxyManifest = Infer<typeof proxy>;
