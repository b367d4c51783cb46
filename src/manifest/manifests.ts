import type { Path } from './problems/path.ts';
import { child } from './problems/path.ts';
import { expandShortForm } from './read/expand-short-form.ts';
import type { EdgeManifest } from './schema/edge.ts';
import type { FlagsManifest } from './schema/flags.ts';
import type { SchemaShape } from './schema/schema.ts';
import type { ServiceManifest } from './schema/service.ts';
import type { SiteManifest } from './schema/site.ts';
import type { ManifestNode, ScalarNode } from './source/node.ts';

/**
 * One manifest as it was read: overrides merged, values in force, and still where each was written.
 */
export interface Manifest<T> {
  /** `services/donations/service.yaml`. */
  readonly path: string;
  /** The folder it is in; `''` is the site's. */
  readonly folder: string;
  readonly schema: SchemaShape;
  readonly node: ManifestNode;
  readonly root: Path;
  readonly value: T;
  /** False where the file could not be read as YAML; its value then holds defaults only. */
  readonly usable: boolean;
}

export interface Manifests {
  readonly site: Manifest<SiteManifest>;
  readonly services: readonly Manifest<ServiceManifest>[];
  readonly edge: Manifest<EdgeManifest> | null;
  readonly flags: Manifest<FlagsManifest> | null;
  readonly environment: string;
}

/** What stands at some keys of a manifest. */
export interface Located {
  readonly path: Path;
  /** The value's node, or that of the nearest part around it that was written. */
  readonly node: ManifestNode;
  /** The key it is written under; null in lists and where it is not written. */
  readonly key: ScalarNode | null;
  /** Whether it was written at all: otherwise a default is in force. */
  readonly written: boolean;
}

/** Follows keys and list indexes into a manifest, through short forms. */
export function locate(
  manifest: Manifest<unknown>,
  ...keys: readonly (string | number)[]
): Located {
  let path = manifest.root;
  let node = manifest.node;
  let schema: SchemaShape | undefined = manifest.schema;
  let key: ScalarNode | null = null;
  let written = true;
  for (const step of keys) {
    path = child(path, step);
    if (!written) continue;
    const whole: ManifestNode = schema === undefined ? node : expandShortForm(schema, node);
    const entry = whole.kind === 'map' ? whole.entries.get(String(step)) : undefined;
    const single = schema?.kind === 'list' && schema.single && whole.kind !== 'list';
    const item =
      whole.kind === 'list' && typeof step === 'number'
        ? whole.items[step]
        : single && step === 0
          ? whole
          : undefined;
    const found: ManifestNode | undefined = entry?.value ?? item;
    written = found !== undefined;
    if (found === undefined) continue;
    node = found;
    key = entry?.key ?? null;
    schema = innerSchema(schema, step);
  }
  return { path, node, key, written };
}

function innerSchema(
  schema: SchemaShape | undefined,
  step: string | number,
): SchemaShape | undefined {
  if (schema?.kind === 'object') return schema.fields[String(step)]?.schema;
  return schema?.kind === 'map' || schema?.kind === 'list' ? schema.of : undefined;
}
