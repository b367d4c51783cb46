import { readJsonFile } from '../lib/json-file.ts';
import type { KeptKind } from './keys.ts';

/**
 * What `turnout up` decided, for every process it starts: kept in the state folder, so that a
 * keeper, controller or worker that is started later, or by someone else, needs nothing but the
 * folder.
 */
export type SiteSettings = {
  readonly site: string;
  /** Absolute path of the folder with site.yaml. */
  readonly siteDirectory: string;
  /** The environment whose overrides apply; null for the manifest as written. */
  readonly environment: string | null;
  readonly http: ListenerSettings;
  /** The public side with TLS; null where there is none. */
  readonly https: ListenerSettings | null;
  /** Where services reach each other; null in settings of a Turnout that had no such listener. */
  readonly internal: ListenerSettings | null;
  readonly console: ListenerSettings;
  /**
   * What the manifest said of listeners and workers then, as text to compare; absent where a
   * Turnout wrote the settings that did not keep it.
   */
  readonly listenWritten?: string;
  readonly workers: number;
  /** Whether plain requests are read ahead of Node's parser, where that is proved. */
  readonly fastPath: 'auto' | 'off';
  /** What each worker may keep of answers. */
  readonly cache: CacheSettings;
  /** Whether a change of the sources is built and rolled in by itself. */
  readonly watch: boolean;
  /** Where blobs lie: none for the state folder alone, else each holds all of them. */
  readonly blobStores: readonly BlobStoreSettings[];
};

export type BlobStoreSettings = {
  readonly region: string;
  /** Absolute; null for one within the state folder. */
  readonly folder: string | null;
};

export type CacheSettings = { readonly memoryBytes: number; readonly diskBytes: number };

/** What held before it could be said. */
const cacheBefore: CacheSettings = { memoryBytes: 128 * 1024 * 1024, diskBytes: 0 };

/** `requestedPort` 0 means any; the port that was found is kept for as long as the site runs. */
export type ListenerSettings = {
  readonly address: string;
  readonly port: number;
  readonly requestedPort: number;
};

/**
 * Null where the file is missing or damaged. What an older Turnout did not know is filled in, so
 * that a process of this version can be started by its keeper.
 */
export function readSiteSettings(file: string): SiteSettings | null {
  const written = readJsonFile(file) as Partial<SiteSettings> | null;
  if (written === null) return null;
  const before = {
    https: null,
    internal: null,
    cache: cacheBefore,
    blobStores: [],
    fastPath: 'auto',
  };
  return { ...before, ...written } as SiteSettings;
}

/** What the running keeper says of itself in `run/keeper.json`. */
export type KeeperRecord = {
  readonly pid: number;
  readonly startTicks: number;
  readonly turnout: string;
  readonly startedAt: string;
  /**
   * What to run for a detached keeper of the same Turnout, to hand the site back to; absent in the
   * record of an older one.
   */
  readonly program?: string;
};

/**
 * `http://127.0.0.1:8080`; a listener on every address is shown as loopback, which is where a
 * person is.
 */
export function listenerUrl(
  listener: { readonly address: string; readonly port: number },
  scheme: 'http' | 'https' = 'http',
): string {
  const anywhere = listener.address === '0.0.0.0' || listener.address === '::';
  const host = anywhere ? '127.0.0.1' : listener.address;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
}

/** What of the settings a process of this kind depends on, as text to compare. */
export function settingsMark(kind: KeptKind, settings: SiteSettings): string {
  // What the links do is in state, and nothing of it in the settings.
  if (kind === 'links') return '';
  const { siteDirectory, environment, http, https, internal, console, watch, cache } = settings;
  const { fastPath } = settings;
  // Nothing where there is one store, as a Turnout marked it that knew of no more.
  const { blobStores } = settings;
  const stores = blobStores.length === 0 ? [] : [blobStores];
  const at = (listener: ListenerSettings | null): string =>
    listener === null ? '' : `${listener.address}:${listener.port}`;
  return kind === 'worker'
    ? JSON.stringify([siteDirectory, at(http), at(https), at(internal), cache, fastPath, ...stores])
    : JSON.stringify([siteDirectory, environment, at(internal), at(console), watch, ...stores]);
}
