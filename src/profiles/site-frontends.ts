import { join } from 'node:path';
import { PREVIEWS_PREFIX, type FrontendPreview } from '../contract/frontend-preview.ts';
import type { FrontendReleases } from '../contract/frontend-status.ts';
import { FRONTENDS_PREFIX, type FrontendPointer } from '../contract/keys.ts';
import { readSiteSettings } from '../contract/site-settings.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { TurnoutError } from '../lib/errors.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { listReleases } from '../release/frontends/list-releases.ts';
import { openSitePorts } from './embedded.ts';
import type { SitePorts } from './embedded.ts';
import { lastPublished } from './site-storage.ts';

/** The frontends of a site as its state folder knows them, whether or not its controller lives. */
export interface SiteFrontends {
  readonly ports: SitePorts;
  /** Those of the manifest in force. Throws TurnoutError `frontend-unknown`. */
  named(name: string): SiteFrontend;
  /** What is kept of all, or of one; ordered by name. Rejects with `frontend-unknown`. */
  list(name: string | null): Promise<readonly FrontendReleases[]>;
  close(): Promise<void>;
}

export interface SiteFrontend {
  readonly name: string;
  readonly prefix: string;
  /** Its folder as the manifest says, absolute. */
  readonly directory: string;
  readonly fallback: string | null;
  readonly notFound: string | null;
  /** File of each release that is `turnout/client`; null for none. */
  readonly client: string | null;
}

/**
 * Opens them in this process: publishing needs no controller, so that a rollback works on the day
 * that it is dead, and a publish ends with the command that began it.
 */
export async function openSiteFrontends(folder: StateFolder): Promise<SiteFrontends> {
  const ports = await openSitePorts(folder);
  const close = async (): Promise<void> => {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  };
  try {
    const frontends = await readFrontends(folder, ports);
    return {
      ports,
      named: (name) => frontends.get(name) ?? unknown(name, frontends.keys()),
      list: (name) => list(ports, frontends, name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readFrontends(
  folder: StateFolder,
  ports: SitePorts,
): Promise<ReadonlyMap<string, SiteFrontend>> {
  const derived = await lastPublished(ports);
  const site = readSiteSettings(folder.settings)?.siteDirectory ?? '';
  return new Map(
    derived?.releasePlan.frontends.map((plan) => {
      const { frontend, prefix, fallback, notFound, client = null } = plan;
      const directory = join(site, plan.directory);
      return [frontend, { name: frontend, prefix, directory, fallback, notFound, client }];
    }),
  );
}

async function list(
  { state, clock }: SitePorts,
  frontends: ReadonlyMap<string, SiteFrontend>,
  name: string | null,
): Promise<readonly FrontendReleases[]> {
  const entries = await state.list(FRONTENDS_PREFIX);
  const pointers = new Map(
    entries.map(({ key, value }) => [key.slice(FRONTENDS_PREFIX.length), value as FrontendPointer]),
  );
  const names = [...new Set([...frontends.keys(), ...pointers.keys()])].sort();
  if (name !== null && !names.includes(name)) unknown(name, names);
  const previews = (await state.list(PREVIEWS_PREFIX))
    .map(({ value }) => value as FrontendPreview)
    .filter(({ expiresAtMs }) => expiresAtMs > clock.nowMs());
  return names
    .filter((each) => name === null || each === name)
    .map((each) => {
      const own = previews.filter(({ frontend }) => frontend === each);
      const prefix = frontends.get(each)?.prefix ?? null;
      return listReleases(each, prefix, pointers.get(each) ?? null, own);
    });
}

function unknown(name: string, names: Iterable<string>): never {
  const known = [...names];
  const nearest = nearestName(name, known);
  throw new TurnoutError(
    'frontend-unknown',
    `No frontend of the site is called ${JSON.stringify(name)}.`,
    known.length === 0
      ? 'Name one in `frontends` of site.yaml, and run `turnout up` or `turnout reload`.'
      : nearest === null
        ? `There are: ${known.join(', ')}. A new one needs site.yaml and \`turnout reload\`.`
        : `Did you mean ${nearest}? A new one needs site.yaml and \`turnout reload\`.`,
  );
}
