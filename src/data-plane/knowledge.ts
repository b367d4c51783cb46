import type { CircuitHold } from '../contract/circuits.ts';
import type { FrontendPreview } from '../contract/frontend-preview.ts';
import type { Endpoints, FrontendPointer, Purge } from '../contract/keys.ts';
import type { SnapshotRecord } from '../contract/snapshots.ts';
import type { LiveTableEntry } from '../contract/tables.ts';
import type { Log } from '../lib/log.ts';
import { type CompiledConfiguration, compileConfiguration } from './compile-configuration.ts';
import type { SharedCache } from './edge/cache/shared-cache.ts';
import type { Previews } from './edge/frontends/previews.ts';
import type { EdgeTables } from './edge/edge-tables.ts';
import type { LastGoodAnswers } from './gateway/ladder/last-good-answers.ts';
import type { Ladders } from './gateway/ladder/ladders.ts';
import { regionService } from './gateway/ladder/region-service.ts';
import { RuleMemory } from './edge/rules/rule-memory.ts';
import type { Certificates } from './edge/tls/certificates.ts';
import type { NamedKind, StateListener } from './follow-state.ts';
import type { HealthChecks } from './gateway/attempt/ask-health.ts';
import type { ShareLeases } from './gateway/circuits/lease-shares.ts';
import type { FixedPlace, OriginResolver } from './gateway/resolve-origins.ts';
import type { KnownFlags, Switches } from './gateway/switches/switches.ts';
import type { Services } from './gateway/services.ts';
import type { SnapshotKeeper } from './open-snapshots.ts';
import type { ConfigurationFiles } from './kept-files.ts';
import type { LastGoodStore } from './last-good.ts';
import type { FrontendLoader } from './load-frontends.ts';
import type { WrittenConfiguration } from './read-configuration.ts';

interface KnowledgeParts {
  readonly services: Services;
  readonly frontends: FrontendLoader;
  readonly previews: Pick<Previews, 'set' | 'names'>;
  readonly cache: Pick<SharedCache, 'purge' | 'purgesForgotten'>;
  readonly origins: OriginResolver;
  readonly health: Pick<HealthChecks, 'use'>;
  readonly shares: Pick<ShareLeases, 'use'>;
  readonly certificates: Certificates | null;
  readonly edge: EdgeTables;
  readonly switches: Switches;
  readonly lastGood: LastGoodStore;
  readonly ladders: Pick<Ladders, 'of' | 'use'>;
  readonly lastGoodAnswers: Pick<LastGoodAnswers, 'purge' | 'purgesForgotten'>;
  readonly snapshots: SnapshotKeeper;
}

/** What the worker knows, in force and kept: one place that applies what state tells. */
export class Knowledge implements StateListener {
  compiled: CompiledConfiguration | null = null;
  refused: string | null = null;
  readonly #parts: KnowledgeParts;
  readonly #log: Log;
  readonly #ruleMemory = new RuleMemory();
  readonly #endpoints = new Map<string, Endpoints>();
  readonly #pointers = new Map<string, FrontendPointer>();

  constructor(parts: KnowledgeParts, log: Log) {
    this.#parts = parts;
    this.#log = log;
  }

  restore(): void {
    const { configuration, files, endpoints, frontends, flags, holds } =
      this.#parts.lastGood.read();
    this.#parts.switches.use(flags);
    for (const [name, position] of Object.entries(holds)) {
      this.#parts.services.circuits.hold(name, position);
    }
    this.#parts.edge.tables.restore();
    for (const each of endpoints) this.endpoints(each.service, each);
    for (const pointer of frontends) this.frontend(pointer.frontend, pointer);
    if (configuration !== null) this.configuration(configuration, files);
  }

  configuration(written: WrittenConfiguration, files: ConfigurationFiles): void {
    let compiled: CompiledConfiguration;
    try {
      const { services, edge, ladders, switches } = this.#parts;
      const memory = this.#ruleMemory;
      const { prepare } = edge;
      const from = { files, memory, ladders, switches, prepare };
      compiled = compileConfiguration(written, services, from);
    } catch (error) {
      this.refused = String(error);
      this.#log.error('A configuration was refused', { error: this.refused });
      return;
    }
    this.compiled = compiled;
    this.refused = null;
    compiled.tables.use();
    this.#parts.ladders.use(compiled.ladders);
    const { rules } = compiled.public;
    this.#ruleMemory.keepOnly(new Set((rules?.rules ?? []).map(({ rule }) => rule.name)));
    this.#parts.certificates?.use(compiled.tls);
    this.#reach(compiled);
    for (const each of this.#endpoints.values()) this.#announce(each);
    this.#parts.health.use(compiled.policies);
    // As it was written, so that the version that wrote it can read it again.
    this.#parts.lastGood.keepConfiguration(written, files);
    this.#log.info('A configuration is in force', { model: compiled.model });
  }

  /** Services, and the site elsewhere, which rungs ask like a service. */
  #reach({ policies, features }: CompiledConfiguration): void {
    const { services, origins, shares } = this.#parts;
    const fixed = new Map<string, FixedPlace>(
      (policies.regions ?? []).map(({ region, origin }) => [
        regionService(region),
        { urls: [origin], isPartner: false },
      ]),
    );
    for (const { service, origins: urls, isPartner = false } of policies.services) {
      if (urls !== null) fixed.set(service, { urls, isPartner });
    }
    const names = policies.services.map(({ service }) => service);
    const routed = new Set(features.map(({ feature }) => feature));
    services.keepOnly(new Set([...names, ...fixed.keys()]), routed);
    services.circuits.use(policies, routed);
    services.bulkheads.use(policies);
    shares.use();
    origins.resolve(fixed);
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
      this.#parts.frontends.drop(frontend);
    } else {
      this.#pointers.set(frontend, pointer);
      this.#parts.frontends.use(pointer);
    }
    this.#keepTraffic();
  }

  preview(name: string, preview: FrontendPreview | null): void {
    this.#parts.previews.set(name, preview);
  }

  purge({ what, isSoft }: Purge, saidEpochMs: number): void {
    const answers = this.#parts.cache.purge(what, isSoft, saidEpochMs);
    this.#parts.lastGoodAnswers.purge(what, isSoft, saidEpochMs);
    if (!isSoft) this.#parts.snapshots.purge(what, saidEpochMs);
    this.#log.info('Purged', { what, isSoft, answers });
  }

  purgesForgotten(untilEpochMs: number): void {
    this.#parts.cache.purgesForgotten(untilEpochMs);
    this.#parts.lastGoodAnswers.purgesForgotten(untilEpochMs);
  }

  snapshot(name: string, record: SnapshotRecord | null): void {
    this.#parts.snapshots.set(name, record);
  }

  tableEntry(name: string, entry: LiveTableEntry | null): void {
    this.#parts.edge.tables.change(name, entry);
  }

  circuitHold(name: string, hold: CircuitHold | null): void {
    this.#parts.services.circuits.hold(name, hold?.position ?? null);
    this.#keepHolds();
  }

  flags(change: Partial<KnownFlags>): void {
    const { switches, lastGood } = this.#parts;
    switches.use({ ...switches.known, ...change });
    lastGood.keepFlags(switches.known);
  }

  complete(kind: NamedKind, names: ReadonlySet<string>): void {
    const { edge, previews, snapshots } = this.#parts;
    if (kind === 'tables') edge.tables.complete(names);
    else if (kind === 'circuit-holds') {
      this.#parts.services.circuits.keepHolds(names);
      this.#keepHolds();
    } else if (kind === 'snapshots') {
      for (const name of snapshots.names()) if (!names.has(name)) snapshots.set(name, null);
    } else if (kind === 'previews') {
      for (const name of previews.names()) if (!names.has(name)) this.preview(name, null);
    } else if (kind === 'endpoints') {
      for (const name of this.#endpoints.keys()) if (!names.has(name)) this.endpoints(name, null);
    } else {
      for (const name of this.#pointers.keys()) if (!names.has(name)) this.frontend(name, null);
    }
  }

  #announce({ service, instances }: Endpoints): void {
    this.#parts.services.announce(service, instances);
  }

  #keepHolds(): void {
    const { lastGood, services } = this.#parts;
    lastGood.keepHolds(services.circuits.holds());
  }

  #keepTraffic(): void {
    this.#parts.lastGood.keepTraffic([...this.#endpoints.values()], [...this.#pointers.values()]);
  }
}
