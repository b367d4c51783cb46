import type { Tier } from '../../manifest/model.ts';

/**
 * What people know about the site: one page a service, answering what it is, how it is built and
 * deployed, how to find it, and how it goes down. Sentences are ready to read; names are as in the
 * manifests. It holds no credentials.
 */
export interface Catalog {
  readonly site: string;
  readonly what: string;
  readonly environment: string;
  readonly services: readonly CatalogService[];
  readonly frontends: readonly CatalogFrontend[];
  readonly resources: readonly CatalogResource[];
  readonly graph: DependencyGraph;
}

export interface CatalogService {
  readonly service: string;
  readonly what: string;
  readonly owner: string | null;
  readonly stack: string | null;
  /** Sentences. */
  readonly deployed: readonly string[];
  readonly find: readonly CatalogPlace[];
  readonly goesDown: readonly CatalogFailure[];
  /** Core first, then important, then sheddable. */
  readonly features: readonly CatalogFeature[];
  readonly needs: readonly CatalogNeed[];
  /** Features of other services that break when this one does. */
  readonly neededBy: readonly CatalogDependant[];
  readonly runbooks: readonly CatalogRunbook[];
  /**
   * The folder they live in, relative to the site directory; every Markdown file below it may be
   * read.
   */
  readonly runbookFolder: string | null;
}

export interface CatalogPlace {
  readonly label: string;
  readonly value: string;
  /** Null where the value is no web address. */
  readonly url: string | null;
}

export interface CatalogFailure {
  readonly when: string;
  readonly usersSee: string;
  readonly runbook: CatalogRunbook | null;
}

export interface CatalogRunbook {
  /** `database.md`; below the folder of runbooks where there is one. */
  readonly file: string;
  /** Relative to the site directory. */
  readonly path: string;
}

export interface CatalogFeature {
  /** `donations.donate`. */
  readonly feature: string;
  readonly name: string;
  readonly tier: Tier;
  /** `POST /api/donations`. */
  readonly routes: readonly string[];
  readonly internal: boolean;
  readonly needs: readonly string[];
  /** Sentences: objective, limits and cache. */
  readonly promises: readonly string[];
  readonly ladder: readonly CatalogLadderStep[];
}

export interface CatalogLadderStep {
  /** `when db.primary is lost`. */
  readonly when: string;
  /** What users get instead, best first; each is taken when the one before it cannot be. */
  readonly rungs: readonly string[];
}

export interface CatalogNeed {
  readonly need: string;
  readonly kind: 'postgres' | 'http' | 'feature';
  readonly inWords: string;
  /** The service of this site that meets it, if one does. */
  readonly service: string | null;
  /**
   * Features of this service that name it, with the role they need: `donate (db.primary)` is `{
   * feature: 'donate', as: 'db.primary' }`.
   */
  readonly features: readonly { readonly feature: string; readonly as: string }[];
}

export interface CatalogDependant {
  /** `shop.checkout`, or `shop` where no feature names the need. */
  readonly who: string;
  readonly service: string;
  /** `donations.donate`. */
  readonly needs: string;
}

export interface CatalogFrontend {
  readonly frontend: string;
  readonly prefix: string;
  readonly hosts: readonly string[];
}

export interface CatalogResource {
  readonly name: string;
  readonly kind: 'postgres';
  readonly inWords: string;
  readonly neededBy: readonly string[];
}

/** Who needs whom: every service, and every resource and outside system that some service needs. */
export interface DependencyGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  /** `service:donations`, `postgres:donations`, `http:processor.example`. */
  readonly id: string;
  readonly kind: 'service' | 'postgres' | 'http';
  readonly label: string;
  /**
   * Of a service, the tier of its gravest feature; null for others and for a service without
   * features.
   */
  readonly tier: Tier | null;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Whether some core feature is on this edge. */
  readonly core: boolean;
}
