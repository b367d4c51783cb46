import { createHash } from 'node:crypto';
import { canonicalJson } from '../lib/canonical-json.ts';
import { deepFreeze } from '../lib/deep-freeze.ts';
import { assembleEdge } from './assemble/assemble-edge.ts';
import { assembleFlags } from './assemble/assemble-flags.ts';
import { assembleService } from './assemble/assemble-service.ts';
import { assembleSite } from './assemble/assemble-site.ts';
import { checks } from './checks/all.ts';
import { locate, type Manifests } from './manifests.ts';
import type { Model } from './model.ts';
import { ProblemList } from './problems/problem-list.ts';
import type { Problem } from './problems/problem.ts';
import type { Reader } from './reader.ts';
import { readManifests } from './read/read-manifests.ts';

export type LoadResult =
  | {
      readonly kind: 'model';
      /** Frozen to its last leaf. */
      readonly model: Model;
      readonly warnings: readonly Problem[];
      /** The manifests it was made of, which know where each value was written. */
      readonly manifests: Manifests;
    }
  | {
      readonly kind: 'refused';
      /** Everything that is wrong, errors before warnings. */
      readonly problems: readonly Problem[];
    };

export interface LoadOptions {
  /** The environment in force; else what site.yaml says. */
  readonly environment?: string | undefined;
}

/**
 * Reads a site's manifests into its Model, or says everything that is wrong with them at once.
 * Nothing a manifest holds makes it throw; only a reader that fails in ways it does not declare
 * does.
 */
export async function loadModel(reader: Reader, options: LoadOptions = {}): Promise<LoadResult> {
  const problems = new ProblemList();
  const manifests = await readManifests(reader, options.environment, problems);
  const content = assemble(manifests);
  for (const check of checks) await check({ manifests, content, reader, problems });
  if (problems.hasErrors) return { kind: 'refused', problems: problems.sorted() };
  const digest = `sha256:${createHash('sha256').update(canonicalJson(content)).digest('hex')}`;
  const model = deepFreeze({ ...content, digest });
  return { kind: 'model', model, warnings: problems.sorted(), manifests };
}

function assemble(manifests: Manifests): Omit<Model, 'digest'> {
  return {
    site: assembleSite(manifests.site.value, manifests.environment),
    services: manifests.services.map((manifest) =>
      assembleService(manifest.value, manifest.folder, locate(manifest, 'health').written),
    ),
    edge: assembleEdge(manifests.edge?.value ?? null),
    flags: assembleFlags(manifests.flags?.value ?? null),
  };
}
