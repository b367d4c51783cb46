import {
  boolean,
  choice,
  list,
  map,
  notation,
  object,
  omit,
  optional,
  partial,
  required,
  section,
  text,
  whole,
  withDefault,
} from './describe.ts';
import { file, filePath, host, name, namePattern } from './names.ts';
import { cidr, listener } from './notations.ts';
import { duration, size } from './quantities.ts';
import type { Infer, Notation, Schema } from './schema.ts';
import { service } from './service.ts';
import { blobs, cache, flagsPlace, resource } from './stores.ts';

/** It is put among the files of a release, so nothing but a plain path will do. */
const scriptName = text('the name of a script such as `turnout-client.js`', {
  pattern: /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.m?js$/,
  longest: 200,
  examples: ['turnout-client.js'],
});

const frontend = object(
  'a frontend',
  'A static site under a path prefix.',
  {
    directory: required(file('a folder'), 'Folder of files to publish.'),
    name: optional(name('the name of a frontend'), 'Its name.', {
      otherwise: 'the last part of `directory`',
    }),
    hosts: withDefault(list(host, { single: true }), [], 'Host names it is served under.', {
      otherwise: 'any host of the site',
    }),
    fallback: optional(
      file('a file'),
      'File served for paths that match none, for single-page applications.',
    ),
    'not-found': optional(file('a file'), 'Page shown with 404.'),
    client: optional(
      scriptName,
      'Name under which the release also holds `turnout/client`, bundled for browsers.',
    ),
    cache: withDefault(
      notation(duration(0, 366 * 86_400_000)),
      60_000,
      'How long browsers keep files; those with a hash in their name are kept for a year.',
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['directory'] }] },
);

const workers: Notation<number | 'auto'> = {
  name: 'workers',
  expected: '`auto` or a number from 1 to 256',
  examples: ['auto', '4'],
  pattern: String.raw`^(auto|\d{1,3})$`,
  numbers: true,
  parse: (written) => {
    if (written === 'auto') return { ok: true, value: 'auto' };
    const value = /^\d{1,3}$/.test(written) ? Number(written) : 0;
    return value >= 1 && value <= 256 ? { ok: true, value } : { ok: false, why: null };
  },
  show: String,
  fallback: 'auto',
};

const listen = object('the listeners', 'Where the site is reached.', {
  http: withDefault(
    notation(listener),
    { address: '127.0.0.1', port: 8080 },
    'Where the public side listens; loopback until you say otherwise.',
  ),
  https: optional(
    notation(listener),
    'Where the public side listens with TLS; needs `certificates`.',
  ),
  'redirect-to-https': withDefault(
    boolean(),
    false,
    'Whether plain HTTP answers with a redirect (308) to HTTPS.',
    { onlyWith: 'https' },
  ),
  http2: withDefault(
    boolean(),
    true,
    'Whether clients that come with TLS may speak HTTP/2; the others never do.',
    { onlyWith: 'https' },
  ),
  internal: withDefault(
    notation(listener),
    { address: '127.0.0.1', port: 0 },
    'Where services reach each other, `internal` features included; 0 is any free port.',
  ),
  console: withDefault(
    notation(listener),
    { address: '127.0.0.1', port: 8081 },
    'Where the console and its API listen.',
  ),
  workers: withDefault(notation(workers), 'auto', 'Data-plane processes; `auto` is one a core.'),
  'fast-path': withDefault(
    choice(['auto', 'off']),
    'auto',
    'Whether plain requests are read ahead of the parser of Node, where that is proved.',
  ),
});

const clients = object(
  'the bounds of clients',
  'What one client may take, and how slow it may be.',
  {
    head: withDefault(
      notation(duration(1_000, 600_000)),
      15_000,
      'Until the head of a request is complete (408).',
    ),
    request: withDefault(
      notation(duration(1_000, 86_400_000)),
      300_000,
      'Until a request is complete, body and all (408).',
    ),
    idle: withDefault(
      notation(duration(1_000, 3_600_000)),
      65_000,
      'How long a connection may be idle between requests.',
    ),
    'body-rate': withDefault(
      notation(size(0, 1024 ** 3)),
      512,
      'What a body brings at least each second, over ten of them (408).',
    ),
    connections: withDefault(
      whole(1, 1_000_000),
      2_000,
      'Open connections of one address to one worker; `trusted-hops` may have more.',
    ),
  },
);

const certificate = object('a certificate', 'What a host proves its name with.', {
  certificate: required(
    filePath,
    'PEM file of the certificate and those between it and the root, on this machine.',
  ),
  key: required(filePath, 'PEM file of its private key.'),
  hosts: withDefault(list(host, { single: true }), [], 'Host names it is shown for.', {
    otherwise: 'the names in the certificate',
  }),
});

const region = object(
  'a region',
  'The same site, elsewhere.',
  {
    name: required(name('the name of a region'), 'Its name.'),
    at: optional(
      text('an address such as `https://west.example.org`', {
        pattern: /^https?:\/\/(?:\[[0-9a-fA-F:]+\]|[\w.-]+)(?::\d{1,5})?\/?$/,
        examples: ['https://west.example.org'],
      }),
      'Where its public side is reached, for the rung `region NAME`.',
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['name'] }] },
);

const backbone = text('`embedded`, or a URL such as `nats://nats.internal:4222`', {
  pattern: /^(?:embedded|(?:nats|tls):\/\/[^\s/]+)$/,
  examples: ['embedded', 'nats://nats.internal:4222'],
});

const common = {
  what: withDefault(text('one or two sentences'), '', 'What the site is, in a sentence.'),
  hosts: withDefault(list(host, { single: true }), [], 'Host names served.', {
    otherwise: 'any host',
  }),
  frontends: withDefault(
    map(frontend, {
      keyIs: 'a path prefix such as `/` or `/donate`',
      keyPattern: /^\/(?:[\w.~-]+(?:\/[\w.~-]+)*)?$/,
    }),
    new Map(),
    'Static sites, by path prefix.',
  ),
  resources: withDefault(
    map(resource, { keyIs: 'the name of a resource', keyPattern: namePattern }),
    new Map(),
    'What services need that has state.',
  ),
  regions: withDefault(
    list(region, { max: 64 }),
    [],
    'The same site elsewhere; a rung may name those that say where.',
  ),
  listen: section(listen, 'Where the site is reached.'),
  clients: section(clients, 'What one client may take, and how slow it may be.'),
  certificates: withDefault(
    list(certificate, { max: 100 }),
    [],
    'Certificates for HTTPS; the first is shown to clients that name no host.',
  ),
  links: withDefault(
    choice(['off', 'on']),
    'off',
    'Whether every need passes through a TCP link of ours, which a game day can cut.',
  ),
  cache: section(cache, 'What each worker keeps of answers of services.'),
  flags: optional(
    flagsPlace,
    'Where flags.yaml is read from; without it, the file beside site.yaml.',
  ),
  'trusted-hops': withDefault(
    list(notation(cidr), { single: true }),
    [],
    'Networks whose `Forwarded` and `X-Forwarded-For` are believed.',
  ),
  blobs: section(blobs, 'Where releases of frontends are kept.'),
  backbone: withDefault(backbone, 'embedded', 'Where state and journal are kept.'),
};

const overrides = partial(
  object(
    'an environment',
    'What is different in one environment. Keys merge deep; a list or value replaces; `~` goes back to the default.',
    {
      ...common,
      services: withDefault(
        map(omit(service, 'turnout', 'service'), {
          keyIs: 'the name of a service',
          keyPattern: namePattern,
        }),
        new Map(),
        'What is different in a service: any part of its service.yaml.',
      ),
    },
  ),
);

export const site = object('a site', 'All that one Turnout runs.', {
  turnout: required(whole(1, 1), 'The version of the manifest language: 1.'),
  site: required(name('the name of a site'), 'Its name.'),
  ...common,
  services: withDefault(
    list(
      text('a folder such as `services/donations`, or `services/*`', {
        pattern: /^[^\0]+$/,
        longest: 400,
      }),
      { single: true },
    ),
    ['services/*'],
    'Folders that hold a service.yaml; `*` stands for any name.',
  ),
  environment: withDefault(
    name('the name of an environment'),
    'development',
    'The environment in force unless `TURNOUT_ENVIRONMENT` or `--environment` names another.',
  ),
  environments: withDefault(
    map(overrides, { keyIs: 'the name of an environment', keyPattern: namePattern }),
    new Map(),
    'What is different from environment to environment.',
  ),
});

export type SiteManifest = Infer<typeof site>;
/** What one environment may say; read on its own for those not in force. */
export const environmentOverrides: Schema = overrides;
