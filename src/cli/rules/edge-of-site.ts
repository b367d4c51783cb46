import { deriveEdge, filesOfEdge } from '../../derive/edge/derive-edge.ts';
import type { EdgeConfiguration } from '../../derive/edge/edge-configuration.ts';
import type { Manifest } from '../../manifest/manifests.ts';
import type { EdgeManifest } from '../../manifest/schema/edge.ts';
import { readInside } from '../../profiles/store-named-files.ts';
import { loadSite } from '../load-site.ts';
import type { EnvironmentOptions } from '../site-options.ts';

/** The edge of a site as a worker would have it, and where it is written. */
export interface EdgeOfSite {
  readonly edge: EdgeConfiguration;
  /** What the files it names hold. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Null where the site has no edge.yaml. */
  readonly manifest: Manifest<EdgeManifest> | null;
}

export async function loadEdge(options: EnvironmentOptions): Promise<EdgeOfSite> {
  const { directory, loaded } = await loadSite(options);
  const edge = deriveEdge(loaded.model);
  const files = new Map<string, Uint8Array>();
  for (const file of filesOfEdge(edge)) files.set(file, await readInside(directory, file));
  return { edge, files, manifest: loaded.manifests.edge };
}
