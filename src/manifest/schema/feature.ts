import {
  boolean,
  choice,
  list,
  map,
  notation,
  object,
  optional,
  required,
  section,
  text,
  whole,
  withDefault,
} from './describe.ts';
import { breaker } from './breaker.ts';
import { cache, needReference, route, rung } from './notations.ts';
import { duration, percentage, rate, size } from './quantities.ts';
import { headerName, host, urlPath } from './names.ts';
import type { Infer } from './schema.ts';

const second = 1000;
const day = 86_400_000;

const limits = object('the limits of a feature', 'How much one request may take.', {
  deadline: optional(
    notation(duration(10, 3600 * second)),
    'Longest time from the request to the first byte of the answer, retries included.',
    { otherwise: '10s, or 1m for a service given by `at`' },
  ),
  body: optional(notation(size(0, 1024 ** 4)), 'Largest request body.', {
    otherwise: '1MiB, or 1024GiB for a service given by `at`',
  }),
  'in-flight': optional(
    whole(1, 100_000),
    'Most requests of it at a time in the whole site; the workers share them out among themselves.',
    { otherwise: 'as many as its instances are given' },
  ),
});

const objective = object('an objective', 'What the feature promises; monitors are made of it.', {
  availability: optional(
    notation(percentage),
    'Share of requests that must be answered well, such as `99.95%`.',
  ),
  p99: optional(
    notation(duration(1, 3600 * second)),
    'Time within which 99 of 100 requests must be answered.',
  ),
});

const rewrite = object('a rewrite', 'How the path changes on its way to the service.', {
  strip: withDefault(urlPath, '', 'Prefix taken off the path.'),
  add: withDefault(urlPath, '', 'Prefix put in its place.'),
});

const origin = text('an origin such as `https://example.org`, or `*`', {
  pattern: /^(?:\*|https?:\/\/[^\s/?#@]+)$/,
  examples: ['https://example.org', '*'],
});

const cors = object(
  'CORS settings',
  'Which other sites may call the feature from a browser.',
  {
    origins: required(list(origin, { min: 1, single: true }), 'Origins allowed; `*` is any.'),
    methods: withDefault(
      list(text('a method in capitals', { pattern: /^[A-Z]{1,20}$/ })),
      [],
      'Methods allowed.',
      { otherwise: 'those of the routes' },
    ),
    headers: withDefault(list(headerName), ['content-type'], 'Request headers allowed.'),
    expose: withDefault(list(headerName), [], 'Answer headers that scripts may read.'),
    credentials: withDefault(boolean(), false, 'Whether cookies go along.'),
    'max-age': withDefault(
      notation(duration(0, day)),
      600 * second,
      'How long a browser may remember this.',
    ),
  },
  { shorts: [{ accepts: 'scalar or list', when: null, to: ['origins'] }] },
);

const parameter = text('the name of a parameter, or how names begin: `utm_*`', {
  pattern: /^[^&=#*\s]{1,100}\*?$|^\*$/,
  examples: ['page', 'utm_*'],
});

const query = object(
  'the query of a feature',
  'Which parameters of an address count. The service is not told of the others.',
  {
    allow: optional(
      list(parameter, { min: 1, max: 200, single: true }),
      'The only ones that count.',
      { otherwise: 'all' },
    ),
    drop: withDefault(
      list(parameter, { max: 200, single: true }),
      [],
      'Those that do not count, whatever else does.',
    ),
    tracking: withDefault(
      choice(['keep', 'drop']),
      'keep',
      '`drop` leaves out what advertisers put there, such as `utm_*`, `gclid` and `fbclid`.',
    ),
    sort: withDefault(
      boolean(),
      true,
      'Whether they are put in order of their names, those of one name as they came.',
    ),
  },
);

const replay = object(
  'a replay',
  'How a write that waited in a queue is sent to the service.',
  {
    as: withDefault(
      text('`open`, or the header by which the service knows the caller: `header.x-api-key`', {
        pattern: /^(?:open|header\.[a-z][\w-]{0,78})$/i,
        examples: ['open', 'header.x-api-key'],
      }),
      'open',
      'How it is authorised: `open` needs nothing beside the body, a header is kept and sent again. Cookies and Authorization expire and are never kept.',
    ),
    rate: withDefault(notation(rate), 50, 'Most replays, of the whole site.'),
    page: optional(
      urlPath,
      'Where the browser of an HTML form goes when its write was kept; the address of the write follows behind `#`.',
      { otherwise: 'a plain page' },
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['as'] }] },
);

const ladder = map(list(notation(rung), { min: 1, max: 12, single: true }), {
  keyIs: 'a need, one role of it (`db.primary`), or `otherwise`',
  keyPattern: /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)?$/,
  max: 64,
  short: { accepts: 'scalar or list', when: null, to: ['otherwise'] },
});

export const feature = object('a feature', 'Something users do, with the routes it is done by.', {
  tier: required(
    choice(['core', 'important', 'sheddable']),
    'How much it matters: under overload `sheddable` goes first, `core` last.',
  ),
  routes: required(
    list(notation(route), { min: 1, max: 200, single: true }),
    'Methods and paths that belong to it. A GET route answers HEAD too.',
  ),
  hosts: withDefault(list(host, { single: true }), [], 'Host names it is served under.', {
    otherwise: 'any host of the site',
  }),
  needs: withDefault(
    list(notation(needReference), { max: 64, single: true }),
    [],
    'Needs without which it cannot do its work, as declared under `needs:`.',
  ),
  limits: section(limits, 'Limits of its requests.'),
  breaker: optional(breaker, 'When its calls are refused at once because too many failed.', {
    otherwise: 'that of the service',
  }),
  objective: section(objective, 'What it promises to its users.'),
  once: withDefault(
    choice(['sdk', 'none']),
    'none',
    '`sdk`: the service stores the idempotency key in the transaction of the write, so a repeated write happens once.',
  ),
  'fails-on': withDefault(
    list(whole(500, 599), { max: 16, single: true }),
    [],
    'Statuses that are failures too, so that the ladder steps in; 502 to 504 always are.',
  ),
  cache: withDefault(
    notation(cache),
    { kind: 'origin' },
    '`origin` obeys the answer’s own headers (RFC 9111), a duration is the lifetime where they give none, `none` never stores.',
  ),
  'cache-missing': optional(
    notation(duration(0, day)),
    'How long an answer that says there is nothing (404, 405, 410, 414, 501) is kept where it gives no lifetime itself; `0s` is not at all.',
    { otherwise: 'the lifetime in `cache`, 10s at most' },
  ),
  query: optional(query, 'Which parameters of an address count.', {
    otherwise: 'all, as they come',
  }),
  ladder: withDefault(
    ladder,
    new Map(),
    'The rungs it steps down when a need fails, in order; `otherwise` stands for every other need.',
  ),
  replay: optional(replay, 'How writes that were queued are sent later.', {
    otherwise: '`open`, for a ladder that queues',
  }),
  internal: withDefault(boolean(), false, 'Kept off the public side: other services only.'),
  rewrite: optional(rewrite, 'How the path changes on its way to the service.'),
  cors: optional(cors, 'Which other sites may call it from a browser.'),
});

export type FeatureManifest = Infer<typeof feature>;
