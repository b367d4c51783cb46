import type { Feature, Frontend, Model, Service, Site } from '../../src/manifest/model.ts';

/**
 * A Model with what a test names and the plainest of everything else. Its digest is not computed.
 */
export function siteModel(
  services: readonly Service[],
  site: Partial<Site> = {},
  digest = 'sha256:test',
): Model {
  return {
    site: {
      cache: { memoryBytes: 128 * 1024 * 1024, diskBytes: 0 },
      name: 'fair',
      what: 'A site for tests.',
      environment: 'default',
      hosts: [],
      frontends: [],
      resources: [],
      regions: [],
      listen: {
        http: { address: '127.0.0.1', port: 0 },
        https: null,
        redirectToHttps: false,
        http2: true,
        internal: { address: '127.0.0.1', port: 0 },
        console: { address: '127.0.0.1', port: 0 },
        fastPath: 'auto',
        workers: null,
      },
      clients: {
        headMs: 15_000,
        requestMs: 300_000,
        idleMs: 65_000,
        bodyBytesPerSecond: 512,
        connectionsPerAddress: 2_000,
      },
      certificates: [],
      links: false,
      flagsPlace: null,
      trustedHops: [],
      blobStores: [],
      backbone: { kind: 'embedded' },
      ...site,
    },
    services,
    edge: {
      tables: [],
      bans: { status: 403, reason: null, page: null, headers: {}, edgeNodes: [] },
      geo: { country: null, asn: null },
      rules: [],
    },
    flags: { flags: {}, evaluators: {} },
    digest,
  };
}

export function siteService(name: string, parts: Partial<Service> = {}): Service {
  return {
    name,
    directory: `services/${name}`,
    what: `Does ${name}.`,
    owner: null,
    stack: null,
    find: {},
    goesDown: [],
    source: {
      kind: 'run',
      build: { kind: 'entry', entries: ['server.ts'], include: [] },
      command: ['node', 'server.js'],
    },
    health: { path: '/health', everyMs: 2000, timeoutMs: 1000, failures: 3, startMs: 20_000 },
    secrets: [],
    scale: { min: 2, max: 2, targetInFlight: 40, limitInFlight: 80 },
    breaker: { errors: 0.5, slowMs: null, volume: 20, openMs: 5_000 },
    release: { before: null, canary: [1], bakeMs: 60_000, minRequests: 500, drainMs: 20_000 },
    jobs: [],
    needs: [],
    features: [],
    runbooks: null,
    environment: {},
    ...parts,
  };
}

/** The same service, standing at an address of its own. */
export function fixedService(name: string, parts: Partial<Service> = {}): Service {
  return siteService(name, {
    source: { kind: 'at', origins: ['http://10.0.0.5:8080'], asksHealth: false },
    ...parts,
  });
}

/** A feature with routes as people write them: `GET /api/things`. */
export function siteFeature(
  name: string,
  routes: readonly string[],
  parts: Partial<Feature> = {},
): Feature {
  return {
    name,
    tier: 'important',
    routes: routes.map((route) => {
      const [method = '', path = ''] = route.split(' ');
      return { method, path };
    }),
    hosts: [],
    needs: [],
    limits: { deadlineMs: 3000, bodyBytes: 65_536, inFlight: null },
    breaker: null,
    objective: { availability: null, p99Ms: null },
    once: 'none',
    replay: null,
    cache: { kind: 'origin' },
    cacheMissingMs: null,
    query: null,
    failsOn: [],
    ladder: [],
    internal: false,
    rewrite: null,
    cors: null,
    ...parts,
  };
}

export function siteFrontend(
  name: string,
  prefix: string,
  parts: Partial<Frontend> = {},
): Frontend {
  return {
    name,
    prefix,
    directory: `frontends/${name}`,
    hosts: [],
    fallback: null,
    notFound: null,
    client: null,
    cacheMs: 60_000,
    ...parts,
  };
}
