import { join } from 'node:path';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { FlagsDocument } from '../../src/contract/flags.ts';
import { type FlagsTerms, SiteFlags } from '../../src/flags/site-flags.ts';
import { readFlags } from '../../src/profiles/read-flags.ts';
import { temporaryFolder } from './temporary-folder.ts';

const stale = { kind: 'stale', forMs: 1_000, methods: ['GET'] } as const;
export const features = [{ feature: 'shop.list', ladder: [{ need: null, rungs: [stale] }] }];
export const closed =
  '# Closes the list.\nflags:\n' +
  '  shop.list: { variants: { "on": on, shut: closed }, defaultVariant: shut }\n';
export const open = closed.replace('defaultVariant: shut', 'defaultVariant: on');
const log = {
  progress: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

interface FlagsBench extends AsyncDisposable {
  readonly file: string;
  readonly flags: SiteFlags;
  readonly parts: Awaited<ReturnType<typeof openParts>>;
  told(): FlagsDocument | undefined;
  /** What services are told of the switch of the list. */
  list(): unknown;
  kinds(): Promise<readonly string[]>;
  use(terms?: Partial<FlagsTerms>): Promise<void>;
}

async function openParts(folder: string) {
  const [state, journal] = await Promise.all([
    openSqliteState({ folder }),
    openSqliteJournal({ folder }),
  ]);
  return { state, journal, clock: systemClock, log };
}

/** The flags of a site on a state and a journal of their own, in a folder that is empty. */
export async function beginFlags(): Promise<FlagsBench> {
  const folder = await temporaryFolder('site-flags');
  const file = join(folder, 'flags.yaml');
  const parts = await openParts(folder);
  let told: FlagsDocument | undefined;
  const flags = new SiteFlags({
    ...parts,
    file,
    read: readFlags,
    tell: async (document) => void (told = document),
  });
  const terms: FlagsTerms = {
    features,
    flags: { flags: {}, $evaluators: {} },
    place: null,
    isRead: false,
  };
  return {
    file,
    flags,
    parts,
    told: () => told,
    list: () => {
      const flag = told?.flags['shop.list'];
      return flag?.variants[flag.defaultVariant ?? ''];
    },
    kinds: async () => (await parts.journal.range({})).map(({ kind }) => kind),
    use: (more = {}) => flags.use({ ...terms, ...more }),
    async [Symbol.asyncDispose]() {
      await flags.close();
      await Promise.all([parts.state.close(), parts.journal.close()]);
    },
  };
}
