import { parseFrontendRelease, parseFrontendVariants } from '../contract/frontend-release.ts';
import { PREVIEWS_PREFIX, type FrontendPreview } from '../contract/frontend-preview.ts';
import { CONFIGURATION_KEY, FRONTENDS_PREFIX } from '../contract/keys.ts';
import type { ConfigurationPointer, FrontendPointer, PublishedRelease } from '../contract/keys.ts';
import { type SnapshotRecord, SNAPSHOTS_PREFIX } from '../contract/snapshots.ts';
import type { EdgeConfiguration } from '../derive/edge/edge-configuration.ts';
import type { Policies } from '../derive/policies/policies.ts';
import type { Log } from '../lib/log.ts';
import type { Blobs, CollectReport } from '../ports/blobs/port.ts';
import type { State } from '../ports/state/port.ts';
import type { Timer } from '../ports/clock/port.ts';
import { dropExpired } from '../release/frontends/preview-frontend.ts';
import type { SitePorts } from './embedded.ts';
import { LAST_GOOD_KEY } from './site-storage.ts';

const everyMs = 3_600_000;
/** Long enough that nothing is taken from a process that was told of a blob and has not read it. */
const olderThanMs = 24 * 3_600_000;

type Stores = { readonly state: State; readonly blobs: Blobs };

/** Removes, each hour, the blobs that nothing names any more. */
export function keepBlobsBounded(ports: SitePorts, log: Log): Timer {
  return ports.clock.every(everyMs, () => {
    const collected = dropExpired(ports.state, ports.clock).then(() =>
      collectBlobs(ports, olderThanMs),
    );
    collected.then(
      (report) => log.info('blobs collected', { ...report }),
      (error: unknown) => log.warn('blobs not collected', { reason: String(error) }),
    );
  });
}

/**
 * Removes blobs older than `olderThanMs` that neither the configuration, with its files, nor a
 * snapshot of a rung, nor a release of a frontend names. Rejects, and removes nothing, when it
 * cannot be told what one of them names.
 */
export async function collectBlobs(stores: Stores, olderThanMs: number): Promise<CollectReport> {
  return stores.blobs.collect(await blobsInUse(stores), olderThanMs);
}

async function blobsInUse({ state, blobs }: Stores): Promise<ReadonlySet<string>> {
  const keep = new Set<string>();
  for (const key of [CONFIGURATION_KEY, LAST_GOOD_KEY]) {
    const entry = await state.get(key);
    if (entry === null) continue;
    const { digest } = entry.value as ConfigurationPointer;
    keep.add(digest);
    for (const file of await filesOf(digest, blobs)) keep.add(file);
  }
  for (const { value } of await state.list(FRONTENDS_PREFIX)) {
    const pointer = value as FrontendPointer;
    for (const release of [pointer, ...pointer.previous]) {
      for (const digest of await blobsOf(release, blobs)) keep.add(digest);
    }
  }
  for (const { value } of await state.list(SNAPSHOTS_PREFIX)) {
    keep.add((value as SnapshotRecord).body);
  }
  for (const { value } of await state.list(PREVIEWS_PREFIX)) {
    for (const digest of await blobsOf(value as FrontendPreview, blobs)) keep.add(digest);
  }
  return keep;
}

/** The blobs of files that a configuration names; those of versions before named none. */
async function filesOf(digest: string, blobs: Blobs): Promise<readonly string[]> {
  const text = Buffer.from(await read(digest, blobs)).toString('utf8');
  const { edge, policies } = JSON.parse(text) as {
    readonly edge?: Pick<EdgeConfiguration, 'files'>;
    readonly policies?: Pick<Policies, 'files'>;
  };
  return [...Object.values(edge?.files ?? {}), ...Object.values(policies?.files ?? {})];
}

async function blobsOf(
  { release, variants }: PublishedRelease,
  blobs: Blobs,
): Promise<readonly string[]> {
  const { files } = parseFrontendRelease(await read(release, blobs));
  const { contents } = parseFrontendVariants(await read(variants, blobs));
  const compressed = Object.values(contents).flatMap((codings) => Object.values(codings));
  return [
    release,
    variants,
    ...files.map(({ content }) => content.digest),
    ...compressed.map(({ digest }) => digest),
  ];
}

async function read(digest: string, blobs: Blobs): Promise<Uint8Array> {
  const bytes = await blobs.get(digest);
  if (bytes === null) throw new Error(`the blob ${digest} is missing`);
  return bytes;
}
