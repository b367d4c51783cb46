import { resolve } from 'node:path';
import { previewToken, PREVIEW_NAME } from '../../contract/frontend-preview.ts';
import { listenerUrl, readSiteSettings } from '../../contract/site-settings.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import { parseDuration } from '../../lib/duration.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { readOrMakePreviewKey } from '../../profiles/preview-key.ts';
import type { SiteFrontend, SiteFrontends } from '../../profiles/site-frontends.ts';
import { previewFrontend } from '../../release/frontends/preview-frontend.ts';
import { person, reasonOf } from '../person.ts';

export interface PreviewOptions {
  readonly why?: string;
  readonly expires?: string;
}

const defaultExpiry = '24h';
const mostMs = 30 * 86_400_000;

/** A release that is shown to whoever has its link. */
export interface MadePreview {
  readonly frontend: string;
  readonly id: string;
  readonly release: string;
  readonly expires: string;
  /** Path and query of the link, for a site that is reached by other names than this machine's. */
  readonly path: string;
  readonly url: string;
}

/** Stores the folder's release, and signs a link to it with the site's key. */
export async function previewByHand(
  { ports }: SiteFrontends,
  folder: StateFolder,
  frontend: SiteFrontend,
  dir: string | undefined,
  options: PreviewOptions,
  progress: (message: string) => void,
): Promise<MadePreview> {
  const lastsMs = expiryOf(options);
  const key = await readOrMakePreviewKey(folder.previewKey, ports.randomness);
  const preview = await previewFrontend({
    ...ports,
    name: frontend.name,
    place: frontend,
    directory: dir === undefined ? frontend.directory : resolve(dir),
    who: person(),
    why: reasonOf(options),
    lastsMs,
    progress,
  });
  const { release, id, expiresAtMs } = preview;
  const settings = readSiteSettings(folder.settings);
  const prefix = frontend.prefix === '/' ? '/' : `${frontend.prefix}/`;
  const path = `${prefix}?${PREVIEW_NAME}=${previewToken(key, preview)}`;
  return {
    frontend: frontend.name,
    id,
    release,
    expires: new Date(expiresAtMs).toISOString(),
    path,
    url: settings === null ? path : `${listenerUrl(settings.http)}${path}`,
  };
}

/** What a person is told of it. */
export function describePreview({ frontend, id, release, expires, url }: MadePreview): string {
  return (
    `${frontend}: preview ${id} of release ${release.slice(7, 19)}, until ${expires}\n${url}\n` +
    'Whoever opens the link sees this release in that browser, and nobody else does. End it with ' +
    `\`turnout frontend revoke ${frontend} ${id}\`.`
  );
}

function expiryOf({ expires = defaultExpiry }: PreviewOptions): number {
  const ms = parseDuration(expires);
  if (ms !== null && ms >= 1_000 && ms <= mostMs) return ms;
  throw new TurnoutError(
    'option-invalid',
    `${JSON.stringify(expires)} is not how long a link can be good for.`,
    'Write a duration from 1s to 30d, such as 24h.',
  );
}
