import { any, choice, map, object, optional, required, text, withDefault } from './describe.ts';
import type { Infer } from './schema.ts';

/**
 * The flagd format (https://flagd.dev/schema/v0/flags.json), key by key, so that flagd and we read
 * one file alike.
 */

const metadata = map(any(), { keyIs: 'the name of a fact', keyPattern: /^.{1,100}$/ });

const flag = object('a flag', 'One switch or setting, evaluated per request.', {
  state: withDefault(
    choice(['ENABLED', 'DISABLED']),
    'ENABLED',
    'A DISABLED flag gives the default of the code that asks; switches stay ENABLED and change `defaultVariant`.',
  ),
  variants: required(
    map(any(), { keyIs: 'the name of a variant', keyPattern: /^.{1,100}$/, max: 200 }),
    'The values it can have, all of one type.',
  ),
  defaultVariant: optional(
    text('the name of a variant'),
    'The variant where targeting gives none; without it the code’s own default holds.',
  ),
  targeting: withDefault(any(), {}, 'A JsonLogic rule that names a variant.'),
  metadata: withDefault(metadata, new Map(), 'Facts about the flag, for people and tools.'),
});

export const flags = object('a flags file', 'The switches of a site in the flagd format.', {
  $schema: optional(text('a URL'), 'The JSON Schema of the file, for editors.'),
  $evaluators: withDefault(
    map(any(), { keyIs: 'the name of a shared rule', keyPattern: /^.{1,100}$/ }),
    new Map(),
    'Rules that flags share by `$ref`.',
  ),
  flags: required(
    map(flag, { keyIs: 'the name of a flag', keyPattern: /^\S{1,120}$/, max: 5000 }),
    'The flags. One named `service.feature` is that feature’s switch.',
  ),
  metadata: withDefault(metadata, new Map(), 'Facts about the file.'),
});

export type FlagsManifest = Infer<typeof flags>;
