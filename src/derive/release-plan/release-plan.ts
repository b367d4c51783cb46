import type { SdkPolicy } from '../../contract/sdk-policy.ts';
import type { Job } from '../../manifest/model.ts';

/**
 * What the controller must stand up: resources, then a release and its instances for each service.
 */
export interface ReleasePlan {
  readonly site: string;
  /** Every need passes through a link of ours. */
  readonly links: boolean;
  readonly resources: readonly ResourcePlan[];
  readonly services: readonly ServicePlan[];
  readonly frontends: readonly FrontendPlan[];
}

export interface ResourcePlan {
  readonly kind: 'postgres';
  readonly name: string;
  readonly url: string | null;
  readonly replicaUrls: readonly string[];
  readonly replicas: number;
  readonly durability: 'sync' | 'async';
}

export interface FrontendPlan {
  readonly frontend: string;
  /** Folder of files to publish, relative to the site directory. */
  readonly directory: string;
  /** Where it is served, which its `_redirects` and `_headers` are held against. */
  readonly prefix: string;
  readonly fallback: string | null;
  readonly notFound: string | null;
  /** File of the release that is the client for browsers; an older Turnout derived no such key. */
  readonly client?: string | null;
}

/** One service that Turnout runs; services given by `at:` are not here. */
export interface ServicePlan {
  readonly service: string;
  readonly directory: string;
  readonly build:
    | {
        readonly kind: 'entry';
        readonly entries: readonly string[];
        readonly include: readonly string[];
      }
    | { readonly kind: 'command'; readonly command: string; readonly output: string };
  readonly command: readonly string[];
  readonly before: readonly string[] | null;
  readonly health: {
    readonly path: string;
    readonly everyMs: number;
    readonly timeoutMs: number;
    readonly failures: number;
    readonly startMs: number;
  };
  readonly instances: { readonly min: number; readonly max: number };
  readonly canary: readonly number[];
  readonly bakeMs: number;
  readonly minRequests: number;
  readonly drainMs: number;
  readonly secrets: readonly SecretPlan[];
  readonly environment: Readonly<Record<string, string>>;
  readonly needs: readonly NeedPlan[];
  /** What its instances are told of their needs. */
  readonly policy: SdkPolicy;
  readonly jobs: readonly JobPlan[];
}

export interface SecretPlan {
  readonly name: string;
  /**
   * What is made up where nobody set it; null means that somebody must. `public-half` follows from
   * the key pair whose name it carries before `_PUBLIC`.
   */
  readonly generate: 'random' | 'key-pair' | 'public-half' | null;
}

/** A command that runs now and then, as an instance of the release. */
export interface JobPlan {
  readonly job: string;
  readonly schedule: Job['schedule'];
  readonly command: readonly string[];
  readonly deadlineMs: number;
  readonly overlap: 'skip' | 'allow';
}

/**
 * What an instance is told about a need: the controller turns each into one environment variable.
 */
export type NeedPlan =
  | { readonly need: string; readonly kind: 'postgres'; readonly resource: string }
  | {
      readonly need: string;
      readonly kind: 'http';
      readonly url: string;
      /** Where the site answers in front of it, on its inside; absent where it does not. */
      readonly proxyPath?: string;
    }
  | { readonly need: string; readonly kind: 'feature'; readonly feature: string };
