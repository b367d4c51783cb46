import type { Build, Feature, Job, Need, Service, ServiceSource } from '../model.ts';
import type { Breaker, LadderStep, Proxy, Rung } from '../feature-model.ts';
import { joinPath } from '../reader.ts';
import type { BreakerManifest } from '../schema/breaker.ts';
import { needReference } from '../schema/notations.ts';
import type { FeatureManifest } from '../schema/feature.ts';
import type { NeedManifest, ProxyManifest } from '../schema/need.ts';
import type { ServiceManifest } from '../schema/service.ts';

/**
 * The part of the Model that one service.yaml gives; `directory` is its folder. `saysHealth` tells
 * whether it is written there how the service is asked for its health.
 */
export function assembleService(
  manifest: ServiceManifest,
  directory: string,
  saysHealth: boolean,
): Service {
  const runbooks = manifest.runbooks === null ? null : within(directory, manifest.runbooks);
  return {
    name: manifest.service,
    directory,
    what: manifest.what,
    owner: manifest.owner,
    stack: manifest.stack,
    find: Object.fromEntries(manifest.find),
    goesDown: manifest['goes-down'].map((way) => ({
      when: way.when,
      usersSee: way['users-see'],
      runbook: way.runbook === null ? null : within(runbooks ?? directory, way.runbook),
    })),
    source: assembleSource(manifest, saysHealth),
    health: {
      path: manifest.health.path,
      everyMs: manifest.health.every,
      timeoutMs: manifest.health.timeout,
      failures: manifest.health.failures,
      startMs: manifest.health.start,
    },
    secrets: manifest.secrets,
    scale: {
      min: manifest.scale.min,
      max: manifest.scale.max ?? manifest.scale.min,
      targetInFlight: manifest.scale['target-in-flight'],
      limitInFlight: manifest.scale['limit-in-flight'] ?? 2 * manifest.scale['target-in-flight'],
    },
    breaker: assembleBreaker(manifest.breaker),
    release: {
      before: manifest.release.before,
      canary: manifest.release.canary,
      bakeMs: manifest.release.bake,
      minRequests: manifest.release['min-requests'],
      drainMs: manifest.release.drain,
    },
    jobs: [...manifest.jobs].map(([name, job]): Job => ({
      name,
      schedule:
        job.cron === null
          ? { kind: 'every', everyMs: job.every ?? 0 }
          : { kind: 'cron', cron: job.cron },
      command: job.command,
      deadlineMs: job.deadline,
      overlap: job.overlap,
    })),
    needs: [...manifest.needs].map(([name, need]) => assembleNeed(name, need, directory)),
    features: [...manifest.features].map(([name, feature]) =>
      assembleFeature(name, feature, directory, manifest.at !== null),
    ),
    runbooks,
    environment: Object.fromEntries(manifest.environment),
  };
}

function assembleBreaker({ errors, slow, volume, open }: BreakerManifest): Breaker {
  return { errors, slowMs: slow, volume, openMs: open };
}

function assembleSource({ at, build, run }: ServiceManifest, asksHealth: boolean): ServiceSource {
  if (at !== null) {
    const origins = at.map((origin) => origin.replace(/\/$/, ''));
    return { kind: 'at', origins, asksHealth };
  }
  const made: Build =
    build !== null && build.command !== null
      ? { kind: 'command', command: build.command, output: build.output ?? '.' }
      : {
          kind: 'entry',
          entries: (build?.entry ?? []).map((entry) => joinPath('', entry) ?? entry),
          include: (build?.include ?? []).map((path) => joinPath('', path) ?? path),
        };
  return { kind: 'run', build: made, command: run?.command ?? defaultCommand(made) };
}

/** The first entry file as the bundle is called: `server.ts` becomes `server.js`. */
function defaultCommand(build: Build): readonly string[] {
  const entry = build.kind === 'entry' ? build.entries[0] : undefined;
  return entry === undefined ? [] : ['node', entry.replace(/\.[cm]?[jt]sx?$/, '.js')];
}

function assembleNeed(name: string, need: NeedManifest, directory: string): Need {
  const { timeout, reads } = need;
  const timeoutMs = timeout ?? 2_000;
  const inFlight = need['in-flight'] ?? (need.postgres === null ? 32 : 10);
  if (need.http !== null) {
    const proxy = need.proxy === null ? null : assembleProxy(need.proxy, directory);
    return { kind: 'http', name, url: need.http, timeoutMs, inFlight, proxy };
  }
  if (need.feature !== null) {
    const [service = '', feature = ''] = need.feature.split('.');
    return { kind: 'feature', name, service, feature, timeoutMs: timeout, inFlight };
  }
  return { kind: 'postgres', name, resource: need.postgres ?? '', timeoutMs, inFlight, reads };
}

function assembleProxy(proxy: ProxyManifest, directory: string): Proxy {
  return {
    inFlight: proxy['in-flight'],
    cache: proxy.cache,
    failsOn: proxy['fails-on'],
    breaker: proxy.breaker === null ? null : assembleBreaker(proxy.breaker),
    rungs: proxy.ladder.map((rung) => placeRung(rung, directory)),
  };
}

/**
 * A service of our own says what it takes; in front of one that runs elsewhere Turnout is first of
 * all a proxy, which passes what that service would have taken.
 */
function assembleLimits({ limits }: FeatureManifest, isElsewhere: boolean): Feature['limits'] {
  return {
    deadlineMs: limits.deadline ?? (isElsewhere ? 60_000 : 10_000),
    bodyBytes: limits.body ?? (isElsewhere ? 1024 ** 4 : 1024 ** 2),
    inFlight: limits['in-flight'],
  };
}

function assembleFeature(
  name: string,
  manifest: FeatureManifest,
  directory: string,
  isElsewhere: boolean,
): Feature {
  return {
    name,
    tier: manifest.tier,
    routes: manifest.routes,
    hosts: manifest.hosts,
    needs: manifest.needs,
    limits: assembleLimits(manifest, isElsewhere),
    breaker: manifest.breaker === null ? null : assembleBreaker(manifest.breaker),
    objective: { availability: manifest.objective.availability, p99Ms: manifest.objective.p99 },
    once: manifest.once,
    failsOn: manifest['fails-on'],
    cache: manifest.cache,
    cacheMissingMs: manifest['cache-missing'],
    query: manifest.query,
    ladder: assembleLadder(manifest, directory),
    replay: manifest.replay === null ? null : assembleReplay(manifest.replay),
    internal: manifest.internal,
    rewrite: manifest.rewrite,
    cors:
      manifest.cors === null
        ? null
        : {
            origins: manifest.cors.origins,
            methods: corsMethods(manifest),
            headers: manifest.cors.headers,
            expose: manifest.cors.expose,
            credentials: manifest.cors.credentials,
            maxAgeMs: manifest.cors['max-age'],
          },
  };
}

function assembleReplay({
  as,
  rate,
  page,
}: NonNullable<FeatureManifest['replay']>): Feature['replay'] {
  const credential = as === 'open' ? null : as.slice('header.'.length).toLowerCase();
  return { credential, perSecond: rate, page };
}

/** Those declared, else those of the routes; `ANY` stands for what browsers send across origins. */
function corsMethods({ cors, routes }: FeatureManifest): readonly string[] {
  if (cors !== null && cors.methods.length > 0) return cors.methods;
  const named = [...new Set(routes.map((route) => route.method))];
  return named.includes('ANY') ? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] : named;
}

/**
 * Named needs in the order they are written, `otherwise` last: the most telling step is found
 * first.
 */
function assembleLadder({ ladder }: FeatureManifest, directory: string): readonly LadderStep[] {
  const steps: LadderStep[] = [];
  let otherwise: LadderStep | null = null;
  for (const [key, rungs] of ladder) {
    const placed = rungs.map((rung) => placeRung(rung, directory));
    if (key === 'otherwise') {
      otherwise = { need: null, rungs: placed };
      continue;
    }
    const parsed = needReference.parse(key);
    steps.push({ need: parsed.ok ? parsed.value : needReference.fallback, rungs: placed });
  }
  return otherwise === null ? steps : [...steps, otherwise];
}

function placeRung(rung: Rung, directory: string): Rung {
  return rung.kind === 'static' ? { ...rung, file: within(directory, rung.file) } : rung;
}

/** A path that leads out stays as it is written: a check refuses it. */
function within(folder: string, path: string): string {
  return joinPath(folder, path) ?? path;
}
