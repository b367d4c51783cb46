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
import { duration, rate } from './quantities.ts';
import type { Infer } from './schema.ts';

const headers = map(text('a header value', { pattern: /^[\t\x20-\x7e\x80-\uffff]*$/ }), {
  keyIs: 'the name of a header',
  keyPattern: /^[\w!#$%&'*+.^`|~-]{1,80}$/,
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

const respond = object(
  'a response',
  'An answer the edge gives itself.',
  {
    status: required(whole(200, 999), 'Any status, made-up ones included.'),
    reason: optional(
      text('a short text', { pattern: /^[\x20-\x7e]*$/, longest: 100 }),
      'The words behind the status.',
    ),
    page: optional(file('a file'), 'The page sent with it.'),
    headers: withDefault(headers, new Map(), 'Headers sent with it.'),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['status'] }] },
);

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
  },
  { alternatives: [{ keys: actions, required: true, what: 'what happens then' }] },
);

export const edge = object('an edge file', 'What the edge does before a request is routed.', {
  turnout: required(whole(1, 1), 'The version of the manifest language: 1.'),
  tables: withDefault(
    map(table, { keyIs: 'the name of a table', keyPattern: /^[a-z][a-z0-9_]{0,62}$/ }),
    new Map(),
    'Lists that rules look into. Names use `_`, since CEL reads `-` as minus.',
  ),
  rules: withDefault(list(rule, { max: 1000 }), [], 'The rules, in the order they are tried.'),
  'auto-ban': optional(autoBan, 'Ban by itself whoever is refused too often.'),
});

export type EdgeManifest = Infer<typeof edge>;
