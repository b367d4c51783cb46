import { edge } from './edge.ts';
import { flags } from './flags.ts';
import type { Schema } from './schema.ts';
import { service } from './service.ts';
import { site } from './site.ts';

/** The four manifests, by the name of their file. */
export const manifestKinds = { site, service, edge, flags } as const satisfies Record<
  string,
  Schema
>;

export type ManifestKind = keyof typeof manifestKinds;

export const kindNames: readonly ManifestKind[] = ['site', 'service', 'edge', 'flags'];
