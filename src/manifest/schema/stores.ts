import {
  choice,
  list,
  object,
  optional,
  required,
  notation,
  text,
  whole,
  withDefault,
} from './describe.ts';
import { filePath, httpUrl, name } from './names.ts';
import { duration, size } from './quantities.ts';

const postgresUrl = text('a URL such as `postgres://db.internal:5432/donations`', {
  pattern: /^postgres(?:ql)?:\/\/\S+$/,
  examples: ['postgres://db.internal:5432/donations'],
});

/** What has state and is stood up, or is elsewhere. */
export const resource = object(
  'a resource',
  'Something with state that services need.',
  {
    kind: withDefault(choice(['postgres']), 'postgres', 'What it is.'),
    url: optional(postgresUrl, 'Where it is, if it runs elsewhere; else Turnout stands one up.'),
    'replica-urls': withDefault(
      list(postgresUrl, { max: 8, single: true }),
      [],
      'Its replicas, if it runs elsewhere.',
      { onlyWith: 'url' },
    ),
    replicas: withDefault(whole(0, 8), 0, 'Streaming replicas.'),
    durability: withDefault(
      choice(['sync', 'async']),
      'async',
      '`sync`: a commit waits for a replica, so losing the primary loses nothing.',
    ),
  },
  {
    alternatives: [
      { keys: ['url', 'replicas'], required: false, what: 'who runs it' },
      { keys: ['url', 'durability'], required: false, what: 'who runs it' },
    ],
    shorts: [
      { accepts: 'scalar', when: /:\/\//, to: ['url'] },
      { accepts: 'scalar', when: null, to: ['kind'] },
    ],
  },
);

/** Where the switches are read from in place of the file beside site.yaml. */
export const flagsPlace = object(
  'the place of the flags',
  'An address that has flags.yaml, such as an object in a bucket.',
  {
    url: required(httpUrl, 'Its address; what is read first, beside site.yaml, holds until then.'),
    every: withDefault(notation(duration(1_000, 3_600_000)), 5_000, 'How often it is looked at.'),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['url'] }] },
);

/** What workers keep to answer with. */
export const cache = object('the cache', 'What each worker keeps of answers of services.', {
  memory: withDefault(
    notation(size(1024 ** 2, 1024 ** 4)),
    128 * 1024 ** 2,
    'Memory for them, of each worker.',
  ),
  disk: withDefault(
    notation(size(0, 1024 ** 5)),
    0,
    'Disk for more of them, of each worker, found again after a restart; `0B` is none.',
  ),
});

const blobStore = object(
  'a store',
  'Where one copy of every blob lies.',
  {
    region: required(name('the name of a region'), 'Its region, by which it is spoken of.'),
    folder: optional(
      filePath,
      'Folder on this machine of the second, such as a network file system or a mounted bucket.',
      { otherwise: 'within the state folder' },
    ),
  },
  { shorts: [{ accepts: 'scalar', when: null, to: ['region'] }] },
);

/** Where releases lie. */
export const blobs = object(
  'the blobs',
  'Where releases of frontends and configurations are kept.',
  {
    stores: withDefault(
      list(blobStore, { max: 2 }),
      [],
      'Two stores, each with all of it: one may fail.',
      { otherwise: 'one, in the state folder' },
    ),
  },
);
