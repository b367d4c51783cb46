import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  createSimulatedClock,
  type SimulatedClock,
} from '../../../src/adapters/simulated/clock.ts';
import { createSeededRandomness } from '../../../src/adapters/simulated/randomness.ts';
import type { SetFlag } from '../../../src/contract/flags.ts';
import { WriteKeys } from '../../../src/contract/write-keys.ts';
import {
  type CompiledConfiguration,
  compileConfiguration,
} from '../../../src/data-plane/compile-configuration.ts';
import { SharedCache } from '../../../src/data-plane/edge/cache/shared-cache.ts';
import { HeldClients } from '../../../src/data-plane/edge/rules/held-clients.ts';
import { RuleMemory } from '../../../src/data-plane/edge/rules/rule-memory.ts';
import { Tables } from '../../../src/data-plane/edge/tables/tables.ts';
import { usualHysteresis } from '../../../src/data-plane/gateway/ladder/hysteresis.ts';
import { Ladders } from '../../../src/data-plane/gateway/ladder/ladders.ts';
import { LastGoodAnswers } from '../../../src/data-plane/gateway/ladder/last-good-answers.ts';
import type { RungInForce } from '../../../src/data-plane/gateway/ladder/standings.ts';
import type { FeatureParts } from '../../../src/data-plane/gateway/serve-feature.ts';
import { createServices, type Services } from '../../../src/data-plane/gateway/services.ts';
import { Shedder } from '../../../src/data-plane/gateway/shed/shedder.ts';
import { Switches } from '../../../src/data-plane/gateway/switches/switches.ts';
import { createQueue, type Queue } from '../../../src/data-plane/gateway/writes/open-queue.ts';
import type { Endpoint } from '../../../src/data-plane/gateway/upstream/endpoint.ts';
import { createTimerWheel } from '../../../src/lib/timer-wheel.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Clock } from '../../../src/ports/clock/port.ts';
import type { Randomness } from '../../../src/ports/randomness/port.ts';
import type { State } from '../../../src/ports/state/port.ts';
import type { Writes } from '../../../src/ports/writes/port.ts';
import { Ledger, LedgerInstance } from './ledger-instance.ts';
import { type Nature } from './simulated-instance.ts';
import { openSimulatedWrites } from './simulated-writes.ts';
import { watchProbes } from './watch-probes.ts';
import { anyConfiguration, features, flagsOfSite, PAGE, page } from './whole-site.ts';

const TICK_MS = 25;
const silent: Log = { progress() {}, info() {}, warn() {}, error() {} };

/**
 * All that stands between a client and a service in one worker, opened as a worker opens it, before
 * instances, a clock and chance that are simulated, with the files of the write log beneath it.
 */
export class WholeGateway {
  readonly clock: SimulatedClock;
  readonly randomness: Randomness;
  readonly ledger = new Ledger();
  readonly instances: LedgerInstance[];
  readonly services: Services;
  readonly ladders: Ladders;
  readonly switches: Switches;
  readonly writes: Writes;
  readonly parts: FeatureParts;
  /** Added to the wall clock, which somebody may set. */
  jumpedMs = 0;
  /** The right to replay is lost at the next question. */
  losesLease = false;
  /** What must not be and was, in words. */
  readonly broken: string[] = [];
  compiled: CompiledConfiguration;
  readonly #shedder: Shedder;
  readonly #queue: Queue | null;
  readonly #tables: Tables;
  readonly #memory = new RuleMemory();
  readonly #trace = createHash('sha256');
  #fence = 0;
  #models = 0;
  #set: Readonly<Record<string, SetFlag>> = {};

  constructor(seed: number, natures: readonly Nature[], folder: string) {
    this.clock = createSimulatedClock(1_800_000_000_000);
    this.randomness = createSeededRandomness(seed);
    const clock: Clock = { ...this.clock, nowMs: () => this.clock.nowMs() + this.jumpedMs };
    const wheel = createTimerWheel(0, TICK_MS);
    clock.every(TICK_MS, () => wheel.advance(clock.monotonicMs()));
    const parts = { clock, wheel, randomness: this.randomness, log: silent };
    this.services = createServices(wheel, (name, state) => this.note('circuit', name, state.kind));
    this.#shedder = new Shedder({ ...parts, services: () => this.services.list() });
    this.writes = openSimulatedWrites(join(folder, 'writes'), clock.nowMs);
    const keys = keysOf(this.randomness);
    const journal = { append: () => Promise.reject(new Error('away')), range: async () => [] };
    const queue = { writes: this.writes, keys: () => keys, journal, holder: 'w1.1' };
    this.switches = new Switches(parts);
    this.switches.use({ written: flagsOfSite, set: { flags: {} } });
    const options = { ...parts, state: this.#state() as State, queue };
    this.#queue = createQueue(options, this.switches);
    this.ladders = this.#openLadders(parts);
    this.#tables = new Tables({ ...parts, folder });
    const counters = { attempts: 0, retries: 0, failures: 0 };
    this.parts = {
      ...parts,
      side: 'public',
      counters,
      ladders: this.ladders,
      writes: this.#queue?.writes ?? null,
      slowed: new HeldClients(wheel),
      cache: new SharedCache({ clock, wheel, limitBytes: 1024 * 1024, disk: null }),
      shedder: this.#shedder,
    };
    this.instances = natures.map((nature, n) => {
      return new LedgerInstance(this.ledger, `i${n}`, nature, parts);
    });
    this.compiled = this.configure();
    this.rotate(this.instances.length);
    this.#queue?.open(this.parts, () => this.compiled);
  }

  /** Another configuration is in force, as `Knowledge` puts it there. */
  configure(): CompiledConfiguration {
    const written = anyConfiguration(this.randomness, `sha256:${++this.#models}`);
    const { services, ladders, switches } = this;
    const files = new Map([[PAGE, page]]);
    const compiled = compileConfiguration(written, services, {
      files,
      memory: this.#memory,
      ladders,
      switches,
      prepare: (edge) => this.#tables.prepare(edge, () => ''),
    });
    this.compiled = compiled;
    ladders.use(compiled.ladders);
    const routed = new Set(features.map(({ feature }) => feature));
    services.keepOnly(new Set(['shop']), routed);
    services.circuits.use(compiled.policies, routed);
    services.bulkheads.use(compiled.policies);
    // One worker has all of what is shared.
    for (const { bulkhead, limit } of services.bulkheads.list()) bulkhead.limit = limit;
    for (const circuit of services.circuits.list()) watchProbes(circuit, this.broken);
    this.note('configured', compiled.model);
    return compiled;
  }

  /** Only so many of the instances take requests from now on. */
  rotate(count: number): void {
    const running = this.services.get('shop') as { endpoints: readonly Endpoint[] };
    const isMore = count > running.endpoints.length;
    running.endpoints = this.instances.slice(0, count);
    if (isMore) this.services.circuits.reconsider('shop');
  }

  /** Somebody sets a switch by hand, or lets it go. */
  set(feature: string, value: string | null, forMs: number | null): void {
    const { [feature]: _, ...others } = this.#set;
    const atMs = this.parts.clock.nowMs();
    const expiresMs = forMs === null ? null : atMs + forMs;
    const by = { atMs, who: 'cli:ada', variant: null, why: 'an exercise', expiresMs };
    this.#set = value === null ? others : { ...others, [feature]: { ...by, value } };
    this.switches.use({ written: flagsOfSite, set: { flags: this.#set } });
    this.note('switch', feature, value ?? 'on');
  }

  note(...what: readonly (string | number)[]): void {
    this.#trace.update(`${this.clock.monotonicMs()} ${what.join(' ')}\n`);
  }

  /** Of all that happened, to be held against that of another run. */
  digest(): string {
    return this.#trace.copy().digest('hex');
  }

  async close(): Promise<void> {
    const closing = this.#queue?.close();
    await this.clock.advance(10_000);
    await closing;
    this.#shedder.cancel();
    this.switches.close();
    await this.writes.close();
    await this.#tables.close();
  }

  #openLadders(parts: Pick<FeatureParts, 'clock' | 'wheel' | 'randomness'>): Ladders {
    const { clock } = parts;
    const told = (what: string) => (rung: RungInForce) =>
      this.note(what, rung.feature, rung.requests, rung.rung, rung.need ?? '-');
    return new Ladders({
      ...parts,
      lastGood: new LastGoodAnswers({ clock, limitBytes: 1024 * 1024, disk: null }),
      snapshots: { find: () => null },
      writes: this.#queue?.writes ?? null,
      standing: {
        terms: usualHysteresis,
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        listener: { entered: told('entered'), left: told('left') },
      },
      ask: () => null,
    });
  }

  /** State, of which only the right to replay is asked; it may be lost at any time. */
  #state(): Pick<State, 'lease'> {
    return {
      lease: async (name, holder) => {
        const fence = ++this.#fence;
        this.note('lease', fence);
        const renew = async (): Promise<boolean> => {
          const isLost = this.losesLease;
          this.losesLease = false;
          return !isLost;
        };
        return { name, holder, fence, renew, release: async () => undefined };
      },
    };
  }
}

function keysOf(random: Randomness): WriteKeys {
  const secret = (): string => Buffer.from(random.bytes(32)).toString('base64');
  const keys = WriteKeys.read({ order: secret(), keys: [{ id: '0123abcd', key: secret() }] });
  if (keys === null) throw new Error('no keys');
  return keys;
}
