import type { Edge } from '../../manifest/edge-model.ts';
import type { Model } from '../../manifest/model.ts';
import type { EdgeConfiguration } from './edge-configuration.ts';

/**
 * What a worker is told of edge.yaml. Which blob holds a file is known once the file was read, when
 * this is published.
 */
export function deriveEdge({ edge }: Pick<Model, 'edge'>): EdgeConfiguration {
  const { tables, bans, geo, rules, autoBan } = edge;
  return {
    tables: tables.map(deriveTable),
    bans,
    geo,
    rules,
    ...(autoBan !== undefined && { autoBan }),
    files: {},
  };
}

/** Of a site whose workers or manifests know nothing of an edge. */
export const noEdge: EdgeConfiguration = {
  tables: [],
  bans: { status: 403, reason: null, page: null, headers: {}, edgeNodes: [] },
  geo: { country: null, asn: null },
  rules: [],
  files: {},
};

/** Every file that an edge names, each once. */
export function filesOfEdge({ tables, bans, geo, rules }: EdgeConfiguration): readonly string[] {
  const pages = rules.map(({ action }) => (action.kind === 'respond' ? action.page : null));
  const named = [...tables.map(({ file }) => file), bans.page, geo.country, geo.asn, ...pages];
  return [...new Set(named.filter((file) => file !== null))];
}

function deriveTable({ name, kind, entries, file }: Edge['tables'][number]) {
  return {
    name,
    kind,
    entries: entries.map(({ expires, ...entry }) => ({
      ...entry,
      expiresMs: expires === null ? null : Date.parse(expires),
    })),
    file,
  };
}
