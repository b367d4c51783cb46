import type { Feature, Model, Need, Service, Tier } from '../../manifest/model.ts';
import type { Breaker, Proxy } from '../../manifest/feature-model.ts';

/** A need for which the site stands in front of an API of somebody else. */
type ProxiedNeed = Extract<Need, { kind: 'http' }> & { readonly proxy: Proxy };

/** Where instances find the proxy of a need, on the inside of the site. */
export function partnerPath(service: string, need: string): string {
  return `/.turnout/needs/${service}/${need}`;
}

/**
 * Every partner with a proxy as a service that runs elsewhere, with the one feature `calls`: so all
 * that holds for services holds for it, and nothing is built twice. No service of a manifest has a
 * name with a colon.
 */
export function partnerServices(model: Model): readonly Service[] {
  return model.services.flatMap((service) =>
    service.needs.filter(isProxied).map((need) => partnerService(service, need)),
  );
}

function isProxied(need: Need): need is ProxiedNeed {
  return need.kind === 'http' && need.proxy !== null;
}

/** What a manifest's service has where nobody says otherwise. */
const breaker: Breaker = { errors: 0.5, slowMs: null, volume: 20, openMs: 5_000 };
const neverAsked = { path: '/', everyMs: 2_000, timeoutMs: 2_000, failures: 3, startMs: 30_000 };
const neverReleased = { before: null, canary: [1], bakeMs: 0, minRequests: 0, drainMs: 0 };
/** As large as the SDK lets a call be. */
const bodyBytes = 16 * 1024 ** 2;

function partnerService(service: Service, need: ProxiedNeed): Service {
  const { inFlight } = need.proxy;
  return {
    name: `${service.name}:${need.name}`,
    directory: service.directory,
    what: `What ${service.name} needs of somebody else.`,
    owner: service.owner,
    stack: null,
    find: {},
    goesDown: [],
    source: { kind: 'at', origins: [new URL(need.url).origin], asksHealth: false },
    health: neverAsked,
    secrets: [],
    scale: {
      min: 1,
      max: 1,
      targetInFlight: inFlight,
      // What was agreed on is the bound: room that is kept for weightier tiers is beyond it.
      limitInFlight: 2 * inFlight,
    },
    breaker: need.proxy.breaker ?? breaker,
    release: neverReleased,
    jobs: [],
    needs: [],
    features: [calls(service, need)],
    runbooks: null,
    environment: {},
  };
}

function calls(service: Service, need: ProxiedNeed): Feature {
  const { inFlight, cache, failsOn, rungs } = need.proxy;
  const strip = partnerPath(service.name, need.name);
  return {
    name: 'calls',
    tier: tierOf(service, need),
    routes: [{ method: 'ANY', path: `${strip}/**` }],
    hosts: [],
    needs: [],
    limits: { deadlineMs: need.timeoutMs, bodyBytes, inFlight },
    breaker: null,
    objective: { availability: null, p99Ms: null },
    once: 'none',
    failsOn,
    cache,
    cacheMissingMs: null,
    query: null,
    ladder: rungs.length === 0 ? [] : [{ need: null, rungs }],
    replay: null,
    internal: true,
    rewrite: { strip, add: new URL(need.url).pathname },
    cors: null,
  };
}

const gravity: readonly Tier[] = ['core', 'important', 'sheddable'];

/** That of the weightiest feature that needs it. */
function tierOf(service: Service, need: ProxiedNeed): Tier {
  const users = service.features.filter((feature) =>
    feature.needs.some((reference) => reference.need === need.name),
  );
  return gravity.find((tier) => users.some((feature) => feature.tier === tier)) ?? 'important';
}
