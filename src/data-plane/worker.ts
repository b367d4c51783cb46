import type { AutoBanStats, RuleStats } from '../contract/rule-reports.ts';
import type { ServiceLoadStats } from '../contract/shed-reports.ts';
import type { Log } from '../lib/log.ts';
import { createTimerWheel } from '../lib/timer-wheel.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { Journal } from '../ports/journal/port.ts';
import type { Randomness } from '../ports/randomness/port.ts';
import type { State } from '../ports/state/port.ts';
import { HeldClients } from './edge/rules/held-clients.ts';
import type { Listener } from './edge/receive/listener.ts';
import type { ReceiveLimits } from './edge/receive/node-http.ts';
import { createEdgeTables } from './edge/edge-tables.ts';
import type { HandshakeCounters, HandshakeLimits } from './edge/tls/handshakes.ts';
import type { CompiledConfiguration } from './compile-configuration.ts';
import { followState } from './follow-state.ts';
import type { Place } from './front.ts';
import type { AttemptCounters } from './gateway/attempt/attempt.ts';
import { openGateway } from './gateway/open-gateway.ts';
import type { Hysteresis } from './gateway/ladder/hysteresis.ts';
import type { Services } from './gateway/services.ts';
import type { QueueOptions } from './gateway/writes/open-queue.ts';
import { Knowledge } from './knowledge.ts';
import { openLastGood } from './last-good.ts';
import { openDegradation } from './open-degradation.ts';
import { type CacheUsage, openStores } from './open-stores.ts';
import { type Fronts, openFronts } from './open-fronts.ts';
import { reportRules } from './report-rules.ts';
import { sharedParts } from './shared-parts.ts';
import { openTls, type TlsPlace } from './tls.ts';

export interface WorkerOptions {
  readonly id: string;
  readonly state: State;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly listen: {
    readonly http: Place;
    /** The public side with TLS; null for none. */
    readonly https: TlsPlace | null;
    /** Where services reach each other; null for no such listener. */
    readonly internal: Place | null;
  };
  /**
   * An existing folder, of this worker or shared by all: what is needed to serve when state and
   * blobs are away.
   */
  readonly lastGoodFolder: string;
  /** Blobs of this worker's own, for copies of the pages of frontends; absent for none. */
  readonly keptFrontends?: Blobs | null;
  /** Whether plain heads are read by ourselves, in front of Node's parser. */
  readonly isFast: boolean;
  /** What links to previews of frontends are signed with; null while there is none. */
  readonly previewKey?: () => Uint8Array | null;
  /** Where writes wait that their service cannot take now; absent where nothing can be queued. */
  readonly queue?: QueueOptions;
  /** What operators prove themselves with; absent or null for nobody. */
  readonly operatorToken?: () => Promise<string | null>;
  readonly log: Log;
  /** Where it is written that a rung was entered or left; absent where the log is enough. */
  readonly journal?: Pick<Journal, 'append'>;
  readonly limits?: Partial<WorkerLimits>;
  /** How a rung is left again. */
  readonly hysteresis?: Hysteresis;
  /** How often the site asks for what `static` rungs stand in for. */
  readonly snapshotEveryMs?: number;
}

export interface WorkerLimits extends ReceiveLimits, HandshakeLimits {
  /** Open connections of each listener; more are refused. */
  readonly connections: number;
  /** Memory for the contents of frontends. */
  readonly frontendBytes: number;
  /** Memory for answers of services that may be used again. */
  readonly cacheBytes: number;
  /** Disk for more of them, found again after a restart; 0 for none. */
  readonly cacheDiskBytes: number;
  /** Memory for the last good answers that ladders fall back on; apart from the cache. */
  readonly lastGoodBytes: number;
  /** Disk for more of them, found again after a restart. */
  readonly lastGoodDiskBytes: number;
}

export interface Worker {
  readonly address: Place;
  /** The public side with TLS; null where there is none. */
  readonly httpsAddress: Place | null;
  /** Where services reach each other; null where there is no such listener. */
  readonly internalAddress: Place | null;
  /**
   * The planned stop: nothing new is accepted, what is under way may take `drainMs`. The internal
   * listener outlives the public ones: what is under way there may need it.
   */
  close(options: { readonly drainMs: number }): Promise<void>;
  stats(): WorkerStats;
}

export interface WorkerStats {
  /** Digest of the Model in force; null before there is one. */
  readonly model: string | null;
  /** Why the newest configuration is not in force; null when it is. */
  readonly refused: string | null;
  /** Of all listeners together. */
  readonly connections: number;
  readonly requests: number;
  readonly inFlight: number;
  readonly attempts: number;
  readonly retries: number;
  readonly failures: number;
  readonly upstreamConnections: number;
  /** Answers of services that are kept in memory, and what they take; the same of the disk. */
  readonly cache: CacheUsage;
  readonly autoBan: AutoBanStats;
  /** What each rule of the edge did since the worker started. */
  readonly rules: readonly RuleStats[];
  /** What is under way before each service, and what was turned away. */
  readonly load: readonly ServiceLoadStats[];
  /** Clients that a rule keeps waiting at the moment. */
  readonly held: number;
  /** Null where there is no TLS. */
  readonly handshakes: HandshakeCounters | null;
}

const defaults: WorkerLimits = {
  headBytes: 16 * 1024,
  headMs: 15_000,
  requestMs: 300_000,
  idleMs: 65_000,
  bodyBytesPerSecond: 512,
  connectionsPerAddress: 2_000,
  connections: 20_000,
  frontendBytes: 64 * 1024 * 1024,
  cacheBytes: 128 * 1024 * 1024,
  cacheDiskBytes: 0,
  lastGoodBytes: 32 * 1024 * 1024,
  lastGoodDiskBytes: 64 * 1024 * 1024,
  handshakeMs: 10_000,
  handshakes: 1_000,
};
const WHEEL_TICK_MS = 25;
/**
 * How long a start waits for state before it reports the worker as serving: with a last good
 * configuration, and without.
 */
const CONTACT_MS = 250;
const FIRST_CONTACT_MS = 3_000;

/**
 * Starts a data-plane process: serves by the last good configuration at once, then by what state
 * says, and swaps configurations between requests. One that cannot be compiled never replaces a
 * good one: it is logged, and in `stats`. Rejects with TurnoutError `cannot-listen`.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { clock, log } = options;
  const limits = { ...defaults, ...options.limits };
  const wheel = createTimerWheel(clock.monotonicMs(), WHEEL_TICK_MS);
  const ticking = clock.every(WHEEL_TICK_MS, () => wheel.advance(clock.monotonicMs()));
  const gateway = openGateway(wheel, options);
  const stores = await openStores(options, limits, wheel);
  const lastGood = openLastGood(options.lastGoodFolder, clock, log);
  const { https } = options.listen;
  const tls = https === null ? null : await openTls(https, limits, options);
  const certificates = tls?.certificates ?? null;
  const edge = createEdgeTables({ ...options, folder: options.lastGoodFolder });
  const counters = { attempts: 0, retries: 0, failures: 0 };
  const inForce = (): CompiledConfiguration | null => knowledge.compiled;
  const degradation = openDegradation(options, { wheel, gateway, counters, stores }, inForce);
  const told = { ...degradation, certificates, edge, lastGood, frontends: stores.loader };
  const knowledge = new Knowledge({ ...stores, ...told, ...gateway }, log);
  knowledge.restore();
  const traffic = { requests: 0, inFlight: 0 };
  const held = new HeldClients(wheel);
  const { shedder } = gateway;
  const own = { wheel, stores, edge, held, counters, shedder, ...degradation };
  const parts = sharedParts(options, own);
  const following = followState(options, knowledge);
  stores.open(following.firstContact);
  const patienceMs = knowledge.compiled === null ? FIRST_CONTACT_MS : CONTACT_MS;
  await Promise.race([following.firstContact, passed(clock, patienceMs)]);
  await certificates?.settled();
  const limitsNow = (): WorkerLimits => limitsOf(options, knowledge);
  const open = await openFronts(options, limitsNow, parts, traffic, knowledge, tls).catch(
    (error: unknown) => {
      following.close();
      degradation.stop();
      gateway.stop();
      void gateway.close();
      ticking.cancel();
      throw error;
    },
  );
  degradation.start(parts);
  const ruleStats = (): readonly RuleStats[] => knowledge.compiled?.public.rules?.stats() ?? [];
  const reporting = reportRules(ruleStats, edge.autoBan, options);
  return {
    address: placeOf(open.http),
    httpsAddress: open.https && placeOf(open.https),
    internalAddress: open.internal && placeOf(open.internal),
    async close({ drainMs }) {
      following.close();
      stores.loader.close();
      gateway.stop();
      reporting.close();
      degradation.stop();
      const cutMs = clock.monotonicMs() + drainMs;
      await Promise.all([open.http.close(drainMs), open.https?.close(drainMs)]);
      await degradation.close();
      await open.internal?.close(Math.max(0, cutMs - clock.monotonicMs()));
      await gateway.close();
      ticking.cancel();
      await Promise.all([lastGood.flush(), edge.tables.close(), tls?.close(), stores.close()]);
    },
    stats: () => ({
      ...workerStats(knowledge, open, traffic, counters, gateway.services),
      handshakes: tls?.handshakes.counters ?? null,
      cache: stores.cacheUsage(),
      autoBan: edge.autoBan.stats(),
      rules: ruleStats(),
      held: held.size,
    }),
  };
}

/** Those in force: what the embedder asks for goes before what the manifest says. */
function limitsOf({ limits }: WorkerOptions, knowledge: Knowledge): WorkerLimits {
  return { ...defaults, ...knowledge.compiled?.clients, ...limits };
}

function passed(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

function placeOf({ address, port }: Listener): Place {
  return { address, port };
}

function workerStats(
  knowledge: Knowledge,
  fronts: Fronts,
  traffic: { readonly requests: number; readonly inFlight: number },
  counters: AttemptCounters,
  services: Services,
): Omit<WorkerStats, 'handshakes' | 'cache' | 'autoBan' | 'rules' | 'held'> {
  const endpoints = services.list().flatMap((service) => service.endpoints);
  return {
    model: knowledge.compiled?.model ?? null,
    refused: knowledge.refused,
    connections: [fronts.http, fronts.https, fronts.internal].reduce(
      (sum, front) => sum + (front?.connections ?? 0),
      0,
    ),
    ...traffic,
    ...counters,
    load: services.list().map(({ service, load }) => load.stats(service)),
    upstreamConnections: endpoints.reduce((sum, endpoint) => sum + endpoint.connections, 0),
  };
}
