/**
 * What the controller and the workers tell each other through the state port. One place for both
 * sides.
 *
 * `configuration` points at a blob with the worker's whole configuration; `endpoints/<service>`
 * says which instances take traffic; `frontends/<name>` points at the release of a frontend;
 * processes register themselves under `processes/`; `certificates/<worker>` is what a worker shows
 * to clients that come with TLS; each entry under `purges/` tells every worker once what of its
 * cache is no longer to be used.
 */
export const CONFIGURATION_KEY = 'configuration';
export const ENDPOINTS_PREFIX = 'endpoints/';
export const FRONTENDS_PREFIX = 'frontends/';
export const PROCESSES_PREFIX = 'processes/';
export const CERTIFICATES_PREFIX = 'certificates/';
export const PURGES_PREFIX = 'purges/';
/** Until when purges were said that are no longer under their prefix (`ForgottenPurges`). */
export const PURGES_FORGOTTEN_KEY = 'forgotten-purges';

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type ConfigurationPointer = { readonly digest: string; readonly model: string };

export type Endpoints = { readonly service: string; readonly instances: readonly Endpoint[] };

export type Endpoint = {
  readonly id: string;
  /** `host:port`. */
  readonly address: string;
  readonly release: string;
  /** Only `ready` ones get new requests; `draining` ones finish theirs. */
  readonly state: 'ready' | 'draining';
};

/** One release of a frontend: its blobs are described in frontend-release.ts. */
export type PublishedRelease = {
  /** Digest of the FrontendRelease. */
  readonly release: string;
  /** Digest of the FrontendVariants made from it. */
  readonly variants: string;
  /** How it came about; what an older Turnout published has none. */
  readonly made?: ReleaseRecord;
  /** It was left for an earlier one, so the next rollback does not come back to it by itself. */
  readonly left?: true;
};

export type ReleaseRecord = {
  /** Milliseconds since the epoch, of the last time that it was published. */
  readonly atMs: number;
  readonly who: string;
  readonly why: string | null;
  readonly files: number;
  /** Of all files, before compression. */
  readonly bytes: number;
};

/** Which release of a frontend is served. */
export type FrontendPointer = PublishedRelease & {
  readonly frontend: string;
  /**
   * Releases served before, newest first: pages loaded from them still ask for their hashed assets.
   */
  readonly previous: readonly PublishedRelease[];
  /** Published by hand: what stands in its folder does not replace it; null or absent for none. */
  readonly pinned?: FrontendPin | null;
};

export type FrontendPin = {
  readonly atMs: number;
  readonly who: string;
  readonly why: string | null;
};

/** The processes that a keeper keeps up. */
export type KeptKind = 'controller' | 'worker' | 'links';

/**
 * A process of ours as it registered itself under `processes/<id>/<pid>`; two of one id overlap
 * while one replaces.
 */
export type ProcessRecord = {
  readonly kind: 'keeper' | KeptKind;
  /** `keeper`, `controller`, `worker-1`, `links`. */
  readonly id: string;
  readonly pid: number;
  /** Clock ticks since boot from /proc/PID/stat, which tells a pid from its reuse. */
  readonly startTicks: number;
  readonly turnout: string;
  /** `running` once it serves; `stopping` while it drains. */
  readonly state: 'starting' | 'running' | 'stopping';
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** How many of this id died before it while the same keeper ran. */
  readonly restarts: number;
  /**
   * The settings it was started with (`settingsMark`): one that differs from today's is replaced.
   */
  readonly settings: string;
};

/** The certificates of one worker, in the order of site.yaml. */
export type WorkerCertificates = {
  readonly worker: string;
  readonly certificates: readonly CertificateState[];
};

export type CertificateState = {
  /** The files as site.yaml names them. */
  readonly certificate: string;
  readonly key: string;
  /** Of the one in force: host names, fingerprint and end; empty and null where none is. */
  readonly names: readonly string[];
  readonly fingerprint: string | null;
  readonly notAfterMs: number | null;
  /** What the files hold now is not taken, and why; null when it is in force. */
  readonly refused: {
    readonly file: string;
    readonly why: string;
    readonly sinceMs: number;
  } | null;
};

/** What of the caches is taken out, or softly marked: then used only where a stale one may be. */
export type Purge = {
  readonly what: PurgeTarget;
  readonly isSoft: boolean;
};

/** What was kept on disk by a worker that was away until then, and later, may have been purged. */
export type ForgottenPurges = { readonly untilEpochMs: number };

/** When a purge was said, by the name of its key: names sort by time. */
export function purgeName(epochMs: number, id: string): string {
  return `${String(epochMs).padStart(15, '0')}-${id}`;
}

export function purgeEpochMs(key: string): number {
  return Number(key.slice(PURGES_PREFIX.length).split('-')[0]);
}

export type PurgeTarget =
  /** One address or all that begin so: path and query, of that host or of any. */
  | {
      readonly kind: 'path';
      readonly path: string;
      readonly host: string | null;
      readonly isPrefix: boolean;
    }
  /** What its service marked by `Surrogate-Key`. */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'all' };
