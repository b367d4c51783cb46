import {
  createSimulatedClock,
  type SimulatedClock,
} from '../../../src/adapters/simulated/clock.ts';
import { createSeededRandomness } from '../../../src/adapters/simulated/randomness.ts';
import { HeldClients } from '../../../src/data-plane/edge/rules/held-clients.ts';
import { SharedCache } from '../../../src/data-plane/edge/cache/shared-cache.ts';
import type { Answer } from '../../../src/data-plane/exchange.ts';
import {
  type CompiledRoute,
  compileRoutes,
} from '../../../src/data-plane/gateway/route/compile-routes.ts';
import { silentPolicy } from '../../../src/data-plane/gateway/route/silent-policy.ts';
import { serveFeature, type FeatureParts } from '../../../src/data-plane/gateway/serve-feature.ts';
import type { RunningService } from '../../../src/data-plane/gateway/services.ts';
import { createRetryBudget } from '../../../src/data-plane/gateway/attempt/retry-budget.ts';
import { Circuits } from '../../../src/data-plane/gateway/circuits/circuits.ts';
import { FeatureStanding } from '../../../src/data-plane/gateway/saying/feature-standing.ts';
import { NeedsBoard } from '../../../src/data-plane/gateway/saying/needs-board.ts';
import { Permit } from '../../../src/data-plane/gateway/shed/permit.ts';
import { ServiceLoad } from '../../../src/data-plane/gateway/shed/service-load.ts';
import { Shedder } from '../../../src/data-plane/gateway/shed/shedder.ts';
import { createTimerWheel } from '../../../src/lib/timer-wheel.ts';
import type { Clock } from '../../../src/ports/clock/port.ts';
import { plainRequest } from '../../../bench/plain-request.ts';
import { plainConfiguration } from '../../support/site-worker.ts';
import { SimulatedClient } from './simulated-client.ts';
import { type Nature, SimulatedInstance } from './simulated-instance.ts';

export type SimulatedTier = 'core' | 'important' | 'sheddable';
export const simulatedTiers: readonly SimulatedTier[] = ['core', 'important', 'sheddable'];

/** What was sent of a tier, and what was answered, in the same time. */
export interface Tally {
  sent: number;
  /** Answered with what was asked for. */
  good: number;
  shed: number;
  late: number;
  failed: number;
  gone: number;
  /** Of the good ones, together. */
  goodMs: number;
}

export interface SimulatedRequest {
  readonly tier: SimulatedTier;
  /** Answers to the same path are joined where `isKept`; else each is one of its own. */
  readonly path?: string;
  readonly isKept?: boolean;
  /** The client goes away after so long, if it has not been answered. */
  readonly patienceMs?: number;
}

interface GatewayOptions {
  readonly seed: number;
  readonly instances: readonly Nature[];
  readonly limitInFlight?: number;
  readonly deadlineMs?: number;
  /** Another worker before the same instances, with the same clock. */
  readonly beside?: SimulatedGateway;
  /** Must hold at each moment; says what does not, or null. */
  readonly invariants?: readonly ((gateway: SimulatedGateway) => string | null)[];
}

const TICK_MS = 25;
const MOST_KEPT = 256;

/**
 * The way of a request to a feature as it is in a worker, cache, shedding and attempts, before
 * instances, a clock and chance that are simulated: an hour goes by in seconds and alike for one
 * seed. One service with a feature of each tier.
 */
export class SimulatedGateway {
  readonly clock: SimulatedClock;
  readonly randomness;
  readonly instances: SimulatedInstance[];
  readonly load: ServiceLoad;
  readonly shedder: Shedder;
  readonly circuits: Circuits;
  /** The last answers for those who were turned away. */
  readonly refusals: Answer[] = [];
  answered = 0;
  readonly limitInFlight: number;
  /** Requests that wait for an answer, and permits that were given and not given back. */
  waiting = 0;
  permits = 0;
  /** Added to the wall clock, which somebody may set. */
  jumpedMs = 0;
  tallies = emptyTallies();
  readonly #parts: FeatureParts;
  readonly #routes: ReadonlyMap<string, CompiledRoute>;
  readonly #service: { endpoints: readonly SimulatedInstance[] };
  readonly #invariants;
  #requests = 0;

  constructor(options: GatewayOptions) {
    const { seed, instances, limitInFlight = 1_000, deadlineMs = 3_000 } = options;
    this.limitInFlight = limitInFlight;
    this.clock = options.beside?.clock ?? createSimulatedClock(1_800_000_000_000);
    this.#invariants = options.invariants ?? [];
    this.randomness = createSeededRandomness(seed);
    const wheel = createTimerWheel(this.clock.monotonicMs(), TICK_MS);
    const clock: Clock = { ...this.clock, nowMs: () => this.clock.nowMs() + this.jumpedMs };
    clock.every(TICK_MS, () => wheel.advance(clock.monotonicMs()));
    const parts = { clock, wheel, randomness: this.randomness };
    this.instances = instances.map((nature, n) => {
      const same = options.beside?.instances[n];
      return new SimulatedInstance(`i${n}`, nature, { ...parts, same });
    });
    this.load = new ServiceLoad(0);
    const service: RunningService & { endpoints: readonly SimulatedInstance[] } = {
      service: 'simulated',
      retries: createRetryBudget(),
      load: this.load,
      endpoints: this.instances,
      needs: new NeedsBoard(0),
      standing: () => new FeatureStanding(0),
    };
    this.#service = service;
    this.shedder = new Shedder({ ...parts, services: () => [{ load: this.load }] });
    this.circuits = new Circuits(
      () => this.clock.monotonicMs(),
      () => undefined,
    );
    this.#routes = compileTiers(service, this.circuits, limitInFlight, deadlineMs);
    this.#parts = {
      ...parts,
      side: 'public',
      counters: { attempts: 0, retries: 0, failures: 0 },
      // No feature here has a ladder, and none queues.
      ladders: {
        ask: (exchange, _route, forward) => forward(exchange),
        answer: (_exchange, _route, answer) => answer,
      },
      writes: null,
      slowed: new HeldClients(wheel),
      cache: new SharedCache({ clock, wheel, limitBytes: 1024 * 1024, disk: null }),
      shedder: { admit: (route, exchange) => this.#counted(this.shedder.admit(route, exchange)) },
    };
  }

  /** Sends one; it is tallied when it is answered or given up. */
  send({ tier, path, isKept = false, patienceMs = Infinity }: SimulatedRequest): void {
    const route = this.#routes.get(`${tier} ${isKept}`);
    if (route === undefined) throw new Error(`no feature is ${tier}`);
    const beganMs = this.clock.monotonicMs();
    const n = this.#requests++;
    const asked = plainRequest(path ?? `/${tier}/${n}`, { address: '192.0.2.1', headers: [] });
    const client = new SimulatedClient(asked, n);
    this.tallies[tier].sent++;
    this.waiting++;
    let isGone = false;
    if (patienceMs !== Infinity) {
      this.clock.after(patienceMs, () => {
        isGone = true;
        client.goAway();
      });
    }
    const take = (answer: Answer): void => {
      this.waiting--;
      const tally = this.tallies[tier];
      tally[isGone ? 'gone' : became(answer)]++;
      if (!isGone && answer.status === 200) tally.goodMs += this.clock.monotonicMs() - beganMs;
      this.answered++;
      if (answer.failure?.cause === 'shed') this.refusals[this.answered % MOST_KEPT] = answer;
    };
    const answer = serveFeature(client, route, false, this.#parts);
    if (answer instanceof Promise) void answer.then(take);
    else take(answer);
    this.check();
  }

  /** Sends so many a second of a tier from now on, at random moments; returns how to change it. */
  offer(tier: SimulatedTier, perSecond: number, request: Partial<SimulatedRequest> = {}): Offer {
    const offer: Offer = { perSecond };
    const next = (): void => {
      const gapMs = (-Math.log(1 - this.randomness.fraction()) * 1_000) / (offer.perSecond || 0.1);
      this.clock.after(Math.min(gapMs, 1_000), () => {
        if (offer.perSecond > 0 && gapMs <= 1_000) this.send({ ...request, tier });
        next();
      });
    };
    next();
    return offer;
  }

  async run(ms: number): Promise<Readonly<Record<SimulatedTier, Tally>>> {
    this.tallies = emptyTallies();
    const { tallies } = this;
    await this.clock.advance(ms);
    this.check();
    return tallies;
  }

  /** Only so many of the instances are in rotation. */
  keep(count: number): void {
    this.#service.endpoints = this.instances.slice(0, count);
  }

  get rotation(): readonly SimulatedInstance[] {
    return this.#service.endpoints;
  }

  check(): void {
    for (const invariant of this.#invariants) {
      const broken = invariant(this);
      if (broken !== null) throw new Error(`at ${this.clock.monotonicMs()} ms: ${broken}`);
    }
  }

  #counted(admitted: Answer | Permit): Answer | Permit {
    if (!(admitted instanceof Permit)) return admitted;
    this.permits++;
    const through = admitted.through.bind(admitted);
    admitted.through = (answer) => {
      const over = through(answer);
      void Promise.resolve(over).finally(() => void this.permits--);
      return over;
    };
    return admitted;
  }
}

export interface Offer {
  perSecond: number;
}

function compileTiers(
  service: RunningService,
  circuits: Circuits,
  limitInFlight: number,
  deadlineMs: number,
): ReadonlyMap<string, CompiledRoute> {
  const found = new Map<string, CompiledRoute>();
  for (const tier of simulatedTiers) {
    for (const isKept of [false, true]) {
      const feature = `simulated.${tier}`;
      const { routes } = plainConfiguration([{ feature, deadlineMs }]);
      const termsOf = () => ({
        service,
        limitInFlight,
        circuits: circuits.of('simulated', feature),
        bulkhead: null,
        ladder: null,
        switched: { inForce: null, untilMs: null },
        policy: { ...silentPolicy(feature), tier },
        cache: isKept
          ? ({ kind: 'for', forMs: 1_000, missingMs: null } as const)
          : ({ kind: 'none', missingMs: null } as const),
        query: null,
      });
      const match = compileRoutes(routes, termsOf, 'public').match('any', 'GET', '/');
      if (match.kind === 'route') found.set(`${tier} ${isKept}`, match.route);
    }
  }
  return found;
}

function became({ status, failure }: Answer): 'good' | 'shed' | 'late' | 'failed' {
  if (status === 200) return 'good';
  if (failure?.cause === 'shed') return 'shed';
  return failure?.cause === 'late' ? 'late' : 'failed';
}

function emptyTallies(): Record<SimulatedTier, Tally> {
  const empty = (): Tally => {
    return { sent: 0, good: 0, shed: 0, late: 0, failed: 0, gone: 0, goodMs: 0 };
  };
  return { core: empty(), important: empty(), sheddable: empty() };
}
