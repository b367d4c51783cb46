import { autoBan } from './auto-ban.ts';
import {
  boolean,
  choice,
  list,
  map,
  notation,
  object,
  optional,
  required,
  text,
  whole,
  withDefault,
} from './describe.ts';
import { file, moment, name, namePattern } from './names.ts';
import { cidr } from './notations.ts';
import { duration, rate } from './quantities.ts';
import type { Infer } from './schema.ts';

const tableName = /^[a-z][a-z0-9_]{0,62}$/;

const headers = map(text('a header value', { pattern: /^[\t\x20-\x7e\x80-\uffff]*$/ }), {
  keyIs: 'the name of a header, other than those by which a connection is kept',
  keyPattern:
    /^(?!(?:connection|content-length|date|keep-alive|te|trailer|transfer-encoding|upgrade)$)[\w!#$%&'*+.^`|~-]{1,80}$/i,
  max: 50,
});

const entry = object(
  'a table entry',
  'One line of a table.',
  {
    key: required(text('an address, network or word', { longest: 300 }), 'What is looked up.'),
    value: optional(text('text'), 'What it stands for, in a `map`.'),
    why: optional(text('text'), 'Why it is here.'),
    author: optional(text('text'), 'Who put it here.'),
    expires: optional(moment, 'When it stops to count.'),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['key'] }] },
);

const table = object('a table', 'A list that rules look into, edited at run time too.', {
  kind: required(
    choice(['set', 'cidr', 'map']),
    '`set` of words, `cidr` of addresses and networks, or `map` from words to words.',
  ),
  entries: withDefault(list(entry, { max: 100_000 }), [], 'What it holds from the start.'),
  file: optional(file('a file'), 'A file with one entry a line, for long ones.'),
});

const responseParts = {
  reason: optional(
    text('a short text', { pattern: /^[\x20-\x7e]*$/, longest: 100 }),
    'The words behind the status.',
  ),
  page: optional(file('a file'), 'The page sent with it.'),
  headers: withDefault(headers, new Map(), 'Headers sent with it.'),
};
const statusAlone = { shorts: [{ accepts: 'scalar', when: null, to: ['status'] }] } as const;

const respond = object(
  'a response',
  'An answer the edge gives itself.',
  { status: required(whole(200, 999), 'Any status, made-up ones included.'), ...responseParts },
  statusAlone,
);

const banned = object(
  'a response to who is banned',
  'How one whose address is in the table `bans` is answered.',
  {
    status: withDefault(whole(200, 999), 403, 'Any status, made-up ones included.'),
    ...responseParts,
  },
  statusAlone,
);

const bans = object('bans', 'How the table `bans` works, which `turnout ban` edits.', {
  respond: optional(banned, 'The answer to who is banned.', { otherwise: '403 without a page' }),
  'edge-nodes': withDefault(
    list(notation(cidr), { single: true, max: 1000 }),
    [],
    'Networks of other edge nodes: what they pass on has been through their ban list.',
  ),
});

const geo = object('geography', 'Databases that tell where an address is, in MMDB format.', {
  country: optional(file('a file'), 'Gives `client.country`.'),
  asn: optional(file('a file'), 'Gives `client.as_number` and `client.as_name`.'),
});

const reply = object('a deceptive reply', 'One of the answers drawn by chance.', {
  weight: withDefault(whole(1, 1000), 1, 'How often, compared with the others.'),
  status: required(whole(200, 599), 'Its status.'),
  body: withDefault(text('text', { longest: 20_000 }), '', 'Its body.'),
  headers: withDefault(headers, new Map(), 'Its headers.'),
});

const deceive = object('a deception', 'Answers that teach an attacker nothing.', {
  replies: required(list(reply, { min: 1, max: 50 }), 'The answers to draw from.'),
  delay: withDefault(notation(duration(0, 60_000)), 0, 'How long an answer takes.'),
});

const redirect = object(
  'a redirect',
  'Another address for the client.',
  {
    url: required(
      text('a URL or a path', { pattern: /^(?:https?:\/\/\S+|\/\S*)$/ }),
      'Where the client is sent.',
    ),
    status: withDefault(whole(301, 308), 302, 'Its status: 301, 302, 303, 307 or 308.'),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['url'] }] },
);

const rateLimit = object(
  'a rate limit',
  'How much one key may ask for; above it the answer is 429.',
  {
    rate: required(notation(rate), 'Requests let through, such as `10/s`.'),
    burst: withDefault(whole(1, 1_000_000), 10, 'Requests let through at once.'),
    key: withDefault(
      text('a CEL expression that gives text'),
      'client.address',
      'What is counted apart from each other, in CEL.',
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['rate'] }] },
);

const only = text('a short name', { pattern: namePattern });
const actions = [
  'respond',
  'deceive',
  'redirect',
  'rate-limit',
  'tarpit',
  'tag',
  'skip-cache',
  'pass',
];

const given = {
  request: required(
    text('a method and a path, such as `GET /donate?from=mail`', {
      pattern: /^[A-Z]{1,20} \/\S*$/,
      examples: ['GET /', 'POST /api/donations'],
    }),
    'What is asked for.',
  ),
  host: withDefault(text('a host name'), 'site.example', 'The host that is asked.'),
  headers: withDefault(headers, new Map(), 'Headers of the request.'),
  'body-bytes': withDefault(whole(0, 1_000_000_000), 0, 'How long its body is.'),
  address: withDefault(text('an address'), '192.0.2.1', 'The address of the client.'),
  country: optional(text('a country such as `US`', { longest: 10 }), 'The country of the client.', {
    otherwise: 'what `geo` tells of the address',
  }),
  'as-number': optional(whole(0, 4_294_967_295), 'The network of the client.', {
    otherwise: 'what `geo` tells of the address',
  }),
  'as-name': optional(text('a name'), 'The name of that network.', {
    otherwise: 'what `geo` tells of the address',
  }),
  'trusted-hop': withDefault(boolean(), false, 'Whether it came through a trusted hop.'),
  at: optional(moment, 'When it comes.', { otherwise: 'now' }),
  tables: withDefault(
    map(list(entry, { single: true, max: 1000 }), {
      keyIs: 'the name of a table',
      keyPattern: tableName,
    }),
    new Map(),
    'What these tables hold, in place of what they hold from the start.',
  ),
  times: withDefault(whole(1, 10_000), 1, 'How often it comes; what is said is of the last.'),
};
const expected = {
  answer: optional(
    list(whole(200, 999), { single: true, min: 1, max: 50 }),
    'The status of the answer; all that may be drawn, where chance decides.',
  ),
  passes: optional(boolean(), 'That it goes on to the site.'),
  tags: optional(list(only, { single: true, max: 50 }), 'The tags it has then, in any order.'),
};
const oneOutcome = { keys: ['answer', 'passes'], required: false, what: 'what becomes of it' };

const example = object(
  'an example',
  'A request, and what the rules together make of it; `turnout rules test` tries it.',
  {
    ...given,
    rules: optional(
      list(name('the name of a rule'), { max: 1000 }),
      'The rules that hit, in order.',
    ),
    ...expected,
  },
  { alternatives: [oneOutcome] },
);

const ruleExample = object(
  'an example of a rule',
  'A request that this rule hits, or not; `turnout rules test` tries it.',
  { ...given, hits: withDefault(boolean(), true, 'Whether this rule hits.'), ...expected },
  { shorts: [{ accepts: 'scalar', when: null, to: ['request'] }], alternatives: [oneOutcome] },
);

const rule = object(
  'a rule',
  'A condition, and what the edge does when it holds.',
  {
    name: required(name('the name of a rule'), 'Its name, for counters and for the console.'),
    when: required(
      text('a CEL condition'),
      'The condition, in CEL, over `request`, `client` and `tables`.',
    ),
    mode: optional(choice(['enforce', 'observe']), 'Whether it acts or only counts.', {
      otherwise: '`observe` for `deceive`, else `enforce`',
    }),
    expires: optional(moment, 'When it stops to act.'),
    respond: optional(respond, 'Answer at once.'),
    deceive: optional(deceive, 'Answer by chance, without reaching a service.'),
    redirect: optional(redirect, 'Send the client elsewhere.'),
    'rate-limit': optional(rateLimit, 'Let through so many requests only.'),
    tarpit: optional(notation(duration(1, 600_000)), 'Keep the client waiting so long.'),
    tag: optional(only, 'Mark the request with a word that services and logs see.'),
    'skip-cache': optional(boolean(), 'Go past the cache.'),
    pass: optional(boolean(), 'Skip the rules that follow.'),
    examples: withDefault(
      list(ruleExample, { max: 100 }),
      [],
      'Requests that it hits, or does not.',
    ),
  },
  { alternatives: [{ keys: actions, required: true, what: 'what happens then' }] },
);

export const edge = object('an edge file', 'What the edge does before a request is routed.', {
  turnout: required(whole(1, 1), 'The version of the manifest language: 1.'),
  tables: withDefault(
    map(table, { keyIs: 'the name of a table', keyPattern: tableName }),
    new Map(),
    'Lists that rules look into. Names use `_`, since CEL reads `-` as minus.',
  ),
  bans: optional(bans, 'How the table `bans` works, which `turnout ban` edits.', {
    otherwise: '403 for who is banned',
  }),
  geo: optional(geo, 'Databases that tell where an address is, in MMDB format.', {
    otherwise: 'no address has a country or a network',
  }),
  rules: withDefault(list(rule, { max: 1000 }), [], 'The rules, in the order they are tried.'),
  'auto-ban': optional(autoBan, 'Ban by itself whoever is refused too often.'),
  examples: withDefault(list(example, { max: 1000 }), [], 'Requests and what becomes of them.'),
});

export type EdgeManifest = Infer<typeof edge>;
