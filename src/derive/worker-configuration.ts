import type { EdgeConfiguration } from './edge/edge-configuration.ts';
import type { Policies } from './policies/policies.ts';
import type { RouteTable } from './routes/route-table.ts';

/**
 * All that a worker is told; kept as one blob so that it changes as one. A worker reads the version
 * before as well (`src/data-plane/read-configuration.ts`), so that an older controller can still
 * tell it something.
 */
export interface WorkerConfiguration {
  readonly version: 3;
  /** Digest of the Model it was derived from. */
  readonly model: string;
  readonly routes: RouteTable;
  readonly policies: Policies;
  readonly tls: TlsConfiguration;
  readonly edge: EdgeConfiguration;
  /** Absent where an older Turnout wrote it: then the worker's own defaults hold. */
  readonly clients?: ClientLimits;
}

/** What one client may take of a worker, and how slow it may be. */
export interface ClientLimits {
  /** Until the head of a request is complete. */
  readonly headMs: number;
  /** Until a request is complete, body and all. */
  readonly requestMs: number;
  /** How long a connection may be idle between requests. */
  readonly idleMs: number;
  /** What a body brings at least, on average over a while. */
  readonly bodyBytesPerSecond: number;
  /** Open connections of one address; trusted hops may have more. */
  readonly connectionsPerAddress: number;
}

/** How the public side is reached with TLS; where it listens is no part of this. */
export interface TlsConfiguration {
  /** The first is shown to clients that name no host, or an unknown one. */
  readonly certificates: readonly CertificateFiles[];
  /** Whether plain HTTP answers with a redirect, where there is a listener with TLS. */
  readonly redirectToHttps: boolean;
  /** Whether HTTP/2 is offered to clients with TLS. */
  readonly http2: boolean;
}

/** PEM files on the machine of the worker: absolute, or relative to the site directory. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** Host names it is shown for; empty means those in the certificate. */
  readonly hosts: readonly string[];
}
