import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import { parseAddress } from '../../src/lib/address.ts';
import type { FlagDefinition } from '../../src/contract/flags.ts';
import { compileConfiguration } from '../../src/data-plane/compile-configuration.ts';
import { type Answer, type Exchange, HeadMemo } from '../../src/data-plane/exchange.ts';
import { attempt } from '../../src/data-plane/gateway/attempt/attempt.ts';
import { usualHysteresis } from '../../src/data-plane/gateway/ladder/hysteresis.ts';
import { Ladders } from '../../src/data-plane/gateway/ladder/ladders.ts';
import { LastGoodAnswers } from '../../src/data-plane/gateway/ladder/last-good-answers.ts';
import { SharedCache } from '../../src/data-plane/edge/cache/shared-cache.ts';
import { HeldClients } from '../../src/data-plane/edge/rules/held-clients.ts';
import type { CompiledRoute } from '../../src/data-plane/gateway/route/compile-routes.ts';
import { silentPolicy } from '../../src/data-plane/gateway/route/silent-policy.ts';
import { type FeatureParts, serveFeature } from '../../src/data-plane/gateway/serve-feature.ts';
import { createServices, type RunningService } from '../../src/data-plane/gateway/services.ts';
import { Shedder } from '../../src/data-plane/gateway/shed/shedder.ts';
import { evaluateSwitches } from '../../src/data-plane/gateway/switches/evaluate-switches.ts';
import type { UpstreamRequest } from '../../src/data-plane/gateway/upstream/upstream-exchange.ts';
import { Endpoint } from '../../src/data-plane/gateway/upstream/endpoint.ts';
import { createTimerWheel, type TimerWheel } from '../../src/lib/timer-wheel.ts';
import { fixedEdge } from '../../tests/support/fixed-tables.ts';
import { reverseProxy } from '../../tests/support/site-worker.ts';

/** The way of a request to a feature that is well, and the bare attempt at its end. */
export interface FeatureWay {
  whole(): Promise<unknown>;
  attempt(): Promise<unknown>;
  close(): void;
}

const FEATURE = 'origin.all';
const REQUESTS = 256;

const ladder = [
  {
    need: null,
    rungs: [
      { kind: 'stale', forMs: 3_600_000, methods: ['GET'] },
      { kind: 'closed', methods: ['GET', 'POST'] },
    ],
  },
] as const;

/** `flag` is that of the feature; null for none. */
export function featureWay(flag: FlagDefinition | null): FeatureWay {
  const clock = systemClock;
  const wheel = createTimerWheel(clock.monotonicMs(), 25);
  const ticking = clock.every(25, () => wheel.advance(clock.monotonicMs()));
  const services = createServices(wheel);
  const cache = new SharedCache({ clock, wheel, limitBytes: 1e7, disk: null });
  const ladders = openLadders(wheel);
  const shedder = new Shedder({
    clock,
    randomness: systemRandomness,
    services: () => services.list(),
  });
  const counters = { attempts: 0, retries: 0, failures: 0 };
  const slowed = new HeldClients(wheel);
  const own = { clock, randomness: systemRandomness, wheel, counters, slowed };
  const parts: FeatureParts = { ...own, side: 'public', cache, ladders, writes: null, shedder };
  const origin = services.get('origin') as { endpoints: RunningService['endpoints'] };
  origin.endpoints = [new EndpointAtHand(wheel)];
  const route = compiled(flag, services, ladders);
  const requests = Array.from({ length: REQUESTS }, (_, n) => requestOf(n));
  let asked = 0;
  const next = (): Exchange => requests[asked++ % REQUESTS] as Exchange;
  return {
    async whole() {
      const askedMs = clock.monotonicMs();
      const answer = await serveFeature(next(), route, true, parts);
      route.standing.count(answer, wheel.nowMs, clock.monotonicMs() - askedMs);
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    },
    async attempt() {
      const answer = await attempt(next(), route, parts);
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    },
    close() {
      ticking.cancel();
      shedder.cancel();
      services.close();
    },
  };
}

function openLadders(wheel: TimerWheel): Ladders {
  const clock = systemClock;
  return new Ladders({
    clock,
    randomness: systemRandomness,
    wheel,
    lastGood: new LastGoodAnswers({ clock, limitBytes: 1e7, disk: null }),
    snapshots: { find: () => null },
    writes: null,
    ask: () => null,
    standing: {
      terms: usualHysteresis,
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      listener: { entered: () => undefined, left: () => undefined },
    },
  });
}

function compiled(
  flag: FlagDefinition | null,
  services: ReturnType<typeof createServices>,
  ladders: Ladders,
): CompiledRoute {
  const plain = reverseProxy(1);
  const policy = { ...silentPolicy(FEATURE), ladder, inFlight: 80 };
  const configuration = { ...plain, policies: { ...plain.policies, features: [policy] } };
  const flags = flag === null ? {} : { [FEATURE]: flag };
  const states = evaluateSwitches({ flags, $evaluators: {} }, [FEATURE]);
  const switches = { of: () => ({ inForce: states.get(FEATURE) ?? null, untilMs: null }) };
  const { routes } = compileConfiguration(configuration, services, {
    ...fixedEdge(),
    ladders,
    switches,
  }).public;
  const match = routes.match('bench.example', 'GET', '/lists/1');
  if (match.kind !== 'route') throw new Error(`it is ${match.kind}`);
  return match.route;
}

function requestOf(n: number): Exchange {
  return {
    id: 'bench',
    inform: () => undefined,
    onAbandoned: () => undefined,
    request: {
      protocol: '1.1',
      method: 'GET',
      path: `/lists/${n}`,
      query: null,
      host: 'bench.example',
      authority: 'bench.example',
      headers: ['accept', 'application/json'],
      marks: 0,
      memo: new HeadMemo(),
      client: {
        address: `203.0.113.${n}`,
        ip: parseAddress(`203.0.113.${n}`),
        peerIp: null,
        isThroughTrustedHop: false,
        scheme: 'http',
        forwardedHost: null,
        forwardingLines: '',
      },
      tags: [],
      trace: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: null },
      body: null,
      expectContinue: false,
      acceptsTrailers: false,
      upgrade: null,
    },
  };
}

const answered: Answer = {
  status: 200,
  headers: ['content-type', 'application/json', 'content-length', '2'],
  body: Buffer.from('{}'),
};

const origin = { address: '127.0.0.1', port: 1, tls: null, hostHeader: null, isPartner: false };

/** One whose connections answer at once, so that no socket is in the numbers; all else is real. */
class EndpointAtHand extends Endpoint {
  constructor(wheel: TimerWheel) {
    super('at hand', origin, wheel);
  }

  override take(): ReturnType<Endpoint['take']> {
    return connectionAtHand;
  }
}

const connectionAtHand = {
  reused: true,
  abandon: () => undefined,
  exchange: (request: UpstreamRequest) => request.settled({ kind: 'answer', answer: answered }),
} as unknown as ReturnType<Endpoint['take']>;
