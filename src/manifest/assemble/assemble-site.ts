import type { Frontend, Resource, Site } from '../model.ts';
import { joinPath } from '../reader.ts';
import type { SiteManifest } from '../schema/site.ts';

/** The part of the Model that site.yaml gives. */
export function assembleSite(manifest: SiteManifest, environment: string): Site {
  return {
    name: manifest.site,
    what: manifest.what,
    environment,
    hosts: manifest.hosts,
    frontends: [...manifest.frontends].map(([prefix, frontend]): Frontend => {
      const directory = joinPath('', frontend.directory) ?? frontend.directory;
      return {
        name: frontend.name ?? frontendName(directory),
        prefix,
        directory,
        hosts: frontend.hosts,
        fallback: frontend.fallback,
        notFound: frontend['not-found'],
        client: frontend.client,
        cacheMs: frontend.cache,
      };
    }),
    resources: [...manifest.resources].map(
      ([name, { kind, url, replicas, durability, ...rest }]): Resource => ({
        kind,
        name,
        url,
        replicaUrls: rest['replica-urls'],
        replicas,
        durability,
      }),
    ),
    regions: manifest.regions.map(({ name, at }) => ({ name, at })),
    listen: {
      http: manifest.listen.http,
      https: manifest.listen.https,
      redirectToHttps: manifest.listen['redirect-to-https'],
      http2: manifest.listen.http2,
      internal: manifest.listen.internal,
      console: manifest.listen.console,
      workers: manifest.listen.workers === 'auto' ? null : manifest.listen.workers,
      fastPath: manifest.listen['fast-path'],
    },
    clients: {
      headMs: manifest.clients.head,
      requestMs: manifest.clients.request,
      idleMs: manifest.clients.idle,
      bodyBytesPerSecond: manifest.clients['body-rate'],
      connectionsPerAddress: manifest.clients.connections,
    },
    certificates: manifest.certificates,
    links: manifest.links === 'on',
    cache: { memoryBytes: manifest.cache.memory, diskBytes: manifest.cache.disk },
    flagsPlace: manifest.flags && { url: manifest.flags.url, everyMs: manifest.flags.every },
    trustedHops: manifest['trusted-hops'],
    blobStores: manifest.blobs.stores,
    backbone:
      manifest.backbone === 'embedded'
        ? { kind: 'embedded' }
        : { kind: 'nats', url: manifest.backbone },
  };
}

/** The last part of its folder, made a name: `frontends/Home Page` is `home-page`. */
function frontendName(directory: string): string {
  const last = directory.split('/').at(-1) ?? '';
  const name = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-$/g, '');
  return name === '' ? 'frontend' : name.slice(0, 63);
}
