import { readFileSync } from 'node:fs';
import type { ManifestKind } from '../schema/kinds.ts';

/**
 * The annotated file of a manifest: every key with its meaning, valid as it stands. It is the
 * documentation, what `turnout schema KIND --annotated` prints, and a test. Beside the code,
 * because a package carries it.
 */
export function annotatedManifest(kind: ManifestKind): string {
  return readFileSync(new URL(`${kind}.yaml`, import.meta.url), 'utf8');
}
