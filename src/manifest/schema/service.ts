import {
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
import { command } from './commands.ts';
import { feature } from './feature.ts';
import { file, name, namePattern, urlPath } from './names.ts';
import { need } from './need.ts';
import { duration, percentage } from './quantities.ts';
import type { Infer } from './schema.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

const goesDown = object('a way of going down', 'How the service fails and what users see then.', {
  when: required(text('what happens, in words'), 'What happens: `the database is lost`.'),
  'users-see': required(text('what users see, in words'), 'What users see of it.'),
  runbook: optional(file('a runbook'), 'The runbook for it, inside the `runbooks` folder.'),
});

const build = object(
  'a build',
  'How a release is made from the source.',
  {
    entry: optional(
      list(file('an entry file'), { min: 1, max: 50, single: true }),
      'Files to bundle for Node.js, TypeScript or JavaScript; the first is the server.',
    ),
    include: withDefault(
      list(file('a file or folder'), { max: 200, single: true }),
      [],
      'Files and folders a release carries beside the bundles.',
      { onlyWith: 'entry' },
    ),
    command: optional(text('a shell command'), 'A command that builds it, for any language.'),
    output: optional(file('a folder'), 'The folder that command fills.', { onlyWith: 'command' }),
  },
  {
    alternatives: [{ keys: ['entry', 'command'], required: true, what: 'how it is built' }],
    shorts: [{ accepts: 'scalar or list', when: null, to: ['entry'] }],
  },
);

const run = object(
  'a run section',
  'How an instance is started.',
  {
    command: required(
      notation(command),
      'The command, started without a shell in the folder of the release.',
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['command'] }] },
);

const health = object(
  'a health check',
  'How an instance shows that it is well. About the instance alone: a lost need is no sickness.',
  {
    path: withDefault(urlPath, '/health', 'The path asked; 2xx is well.'),
    every: withDefault(notation(duration(100, hour)), 2 * second, 'Time between checks.'),
    timeout: withDefault(notation(duration(10, 60 * second)), 2 * second, 'Longest wait for one.'),
    failures: withDefault(whole(1, 100), 3, 'Failures in a row before the instance is replaced.'),
    start: withDefault(
      notation(duration(100, hour)),
      30 * second,
      'Time a new instance has to become well.',
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['path'] }] },
);

const scale = object(
  'a scale',
  'How many instances run.',
  {
    min: withDefault(whole(1, 1000), 2, 'Instances that always run.'),
    max: optional(whole(1, 1000), 'Most instances.', { otherwise: 'the same as `min`' }),
    'target-in-flight': withDefault(
      whole(1, 100_000),
      40,
      'Requests in flight for one instance at which another is started.',
    ),
    'limit-in-flight': optional(
      whole(1, 100_000),
      'Most requests one instance is given at a time by each worker.',
      { otherwise: 'twice `target-in-flight`' },
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['min', 'max'] }] },
);

const release = object('a release policy', 'How a new release takes over.', {
  before: optional(
    notation(command),
    'Command run once before a release, such as migrations; it must suit the old release too.',
  ),
  canary: withDefault(
    list(notation(percentage), { min: 1, max: 20, single: true }),
    [0.05, 0.25, 1],
    'Shares of the traffic a new release is given, step by step, up to 100%.',
  ),
  bake: withDefault(notation(duration(0, 7 * day)), 60 * second, 'How long each step is watched.'),
  'min-requests': withDefault(
    whole(0, 100_000_000),
    500,
    'Requests a step must have seen before it is judged.',
  ),
  drain: withDefault(
    notation(duration(0, hour)),
    20 * second,
    'Time the old instances have to finish what is in flight.',
  ),
});

const job = object(
  'a job',
  'A command that runs now and then.',
  {
    every: optional(notation(duration(second, 366 * day)), 'Time from one start to the next.'),
    cron: optional(
      text('five cron fields such as `0 4 * * mon`', {
        pattern: /^(?:[\d*,/-]+\s+){2}(?:[\d*,/?L-]+\s+)(?:[\w*,/-]+\s+)[\w*,/?#L-]+$/,
        examples: ['0 4 * * *'],
      }),
      'When it runs, in UTC, as five cron fields.',
    ),
    command: required(notation(command), 'The command, in the folder of the release.'),
    deadline: withDefault(
      notation(duration(second, 7 * day)),
      hour,
      'Longest time a run may take before it is stopped.',
    ),
    overlap: withDefault(
      choice(['skip', 'allow']),
      'skip',
      'What happens when it is due and still runs.',
    ),
  },
  { alternatives: [{ keys: ['every', 'cron'], required: true, what: 'when it runs' }] },
);

const secret = object(
  'a secret',
  'A value that is never in a manifest.',
  {
    name: required(
      text('a name such as `PROCESSOR_KEY`', { pattern: /^[A-Z][A-Z0-9_]{0,99}$/ }),
      'Its name, and that of the variable in the environment.',
    ),
    generate: optional(
      choice(['random', 'key-pair']),
      'Made where nobody set it: 32 random bytes, or an Ed25519 key (public half: NAME_PUBLIC).',
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['name'] }] },
);

const named = (keyIs: string) => ({ keyIs, keyPattern: namePattern });
const plainText = text('text');

export const service = object(
  'a service',
  'One deployable: what it is, how it runs, what it needs, what users do, how it goes down.',
  {
    turnout: required(whole(1, 1), 'The version of the manifest language: 1.'),
    service: required(name('the name of a service'), 'Its name, unique in the site.'),
    what: required(text('one or two sentences'), 'What it is, in a sentence or two.'),
    owner: optional(plainText, 'Who keeps it.'),
    stack: optional(plainText, 'What it is made of.'),
    find: withDefault(
      map(plainText, {
        keyIs: 'a place to look, such as `dashboard`',
        keyPattern: /^[\w -]{1,60}$/,
      }),
      new Map(),
      'Where to find it: repository, chat, dashboard …',
    ),
    'goes-down': withDefault(
      list(goesDown, { max: 100 }),
      [],
      'How it goes down, and what users see.',
    ),
    build: optional(build, 'How a release is made.'),
    run: optional(
      run,
      'How an instance is started. Without `build` the folder is taken as it lies.',
      {
        otherwise: '`node` with the first entry file',
      },
    ),
    at: optional(
      list(
        text('an address such as `http://10.0.0.5:8080`', {
          pattern: /^https?:\/\/(?:\[[0-9a-fA-F:]+\]|[\w.-]+)(?::\d{1,5})?\/?$/,
          examples: ['http://10.0.0.5:8080', 'http://donations.internal:8080'],
        }),
        { min: 1, max: 1000, single: true },
      ),
      'Where it already runs, if Turnout only stands in front of it.',
    ),
    health: section(health, 'How an instance shows that it is well.'),
    secrets: withDefault(
      list(secret, { max: 200, single: true }),
      [],
      'Secrets its instances find in their environment.',
    ),
    environment: withDefault(
      map(plainText, {
        keyIs: 'a name such as `LOG_LEVEL`',
        keyPattern: /^[A-Z][A-Z0-9_]{0,99}$/,
      }),
      new Map(),
      'Plain settings its instances find in their environment; no secrets.',
    ),
    scale: section(scale, 'How many instances run.'),
    breaker: section(
      breaker,
      'When calls are refused at once because too many before them failed.',
    ),
    release: section(release, 'How a new release takes over.'),
    jobs: withDefault(map(job, named('the name of a job')), new Map(), 'What runs now and then.'),
    needs: withDefault(
      map(need, { ...named('the name of a need'), max: 64 }),
      new Map(),
      'What it depends on; each need reaches its instances as `NEED_<NAME>_URL`.',
    ),
    features: required(map(feature, named('the name of a feature')), 'What users do with it.'),
    runbooks: optional(file('a folder'), 'Folder of its runbooks.'),
  },
  {
    alternatives: [
      { keys: ['build', 'at'], required: false, what: 'how it is reached' },
      { keys: ['run', 'at'], required: false, what: 'how it is reached' },
    ],
  },
);

export type ServiceManifest = Infer<typeof service>;
