import type { FrontendPreview } from '../contract/frontend-preview.ts';
import type { Endpoints, FrontendPointer, Purge } from '../contract/keys.ts';
import type { Log } from '../lib/log.ts';
import { type CompiledConfiguration, compileConfiguration } from './compile-configuration.ts';
import type { SharedCache } from './edge/cache/shared-cache.ts';
import type { Previews } from './edge/frontends/previews.ts';
import type { Certificates } from './edge/tls/certificates.ts';
import type { StateListener } from './follow-state.ts';
import type { OriginResolver } from './gateway/resolve-origins.ts';
import type { Services } from './gateway/services.ts';
import type { LastGoodStore } from './last-good.ts';
import type { FrontendLoader } from './load-frontends.ts';
import type { WrittenConfiguration } from './read-configuration.ts';

/** What the worker knows, in force and kept: one place that applies what state tells. */
export class Knowledge implements StateListener {
  compiled: CompiledConfiguration | null = null;
  refused: string | null = null;
  readonly #services: Services;
  readonly #frontends: FrontendLoader;
  readonly #previews: Pick<Previews, 'set' | 'names'>;
  readonly #cache: Pick<SharedCache, 'purge'>;
  readonly #origins: OriginResolver;
  readonly #certificates: Certificates | null;
  readonly #lastGood: LastGoodStore;
  readonly #log: Log;
  readonly #endpoints = new Map<string, Endpoints>();
  readonly #pointers = new Map<string, FrontendPointer>();

  constructor(
    services: Services,
    { loader, previews }: { readonly loader: FrontendLoader; readonly previews: Previews },
    cache: Pick<SharedCache, 'purge'>,
    origins: OriginResolver,
    certificates: Certificates | null,
    lastGood: LastGoodStore,
    log: Log,
  ) {
    this.#services = services;
    this.#frontends = loader;
    this.#previews = previews;
    this.#cache = cache;
    this.#origins = origins;
    this.#certificates = certificates;
    this.#lastGood = lastGood;
    this.#log = log;
  }

  restore(): void {
    const { configuration, endpoints, frontends } = this.#lastGood.read();
    for (const each of endpoints) this.endpoints(each.service, each);
    for (const pointer of frontends) this.frontend(pointer.frontend, pointer);
    if (configuration !== null) this.configuration(configuration);
  }

  configuration(written: WrittenConfiguration): void {
    let compiled: CompiledConfiguration;
    try {
      compiled = compileConfiguration(written, this.#services);
    } catch (error) {
      this.refused = String(error);
      this.#log.error('A configuration was refused', { error: this.refused });
      return;
    }
    this.compiled = compiled;
    this.refused = null;
    this.#certificates?.use(compiled.tls.certificates);
    const policies = compiled.policies.services;
    this.#services.keepOnly(new Set(policies.map((policy) => policy.service)));
    this.#origins.resolve(
      new Map(
        policies.flatMap(({ service, origins }) => (origins === null ? [] : [[service, origins]])),
      ),
    );
    for (const each of this.#endpoints.values()) this.#announce(each);
    // As it was written, so that the version that wrote it can read it again.
    this.#lastGood.keepConfiguration(written);
    this.#log.info('A configuration is in force', { model: compiled.model });
  }

  endpoints(service: string, endpoints: Endpoints | null): void {
    if (endpoints === null) this.#endpoints.delete(service);
    else this.#endpoints.set(service, endpoints);
    this.#announce(endpoints ?? { service, instances: [] });
    this.#keepTraffic();
  }

  frontend(frontend: string, pointer: FrontendPointer | null): void {
    if (pointer === null) {
      this.#pointers.delete(frontend);
      this.#frontends.drop(frontend);
    } else {
      this.#pointers.set(frontend, pointer);
      this.#frontends.use(pointer);
    }
    this.#keepTraffic();
  }

  preview(name: string, preview: FrontendPreview | null): void {
    this.#previews.set(name, preview);
  }

  purge({ what, isSoft }: Purge): void {
    const answers = this.#cache.purge(what, isSoft);
    this.#log.info('Purged', { what, isSoft, answers });
  }

  complete(kind: 'endpoints' | 'frontends' | 'previews', names: ReadonlySet<string>): void {
    if (kind === 'previews') {
      for (const name of this.#previews.names()) if (!names.has(name)) this.preview(name, null);
      return;
    }
    if (kind === 'endpoints') {
      for (const name of this.#endpoints.keys()) if (!names.has(name)) this.endpoints(name, null);
    } else {
      for (const name of this.#pointers.keys()) if (!names.has(name)) this.frontend(name, null);
    }
  }

  #announce({ service, instances }: Endpoints): void {
    this.#services.announce(service, instances);
  }

  #keepTraffic(): void {
    this.#lastGood.keepTraffic([...this.#endpoints.values()], [...this.#pointers.values()]);
  }
}
