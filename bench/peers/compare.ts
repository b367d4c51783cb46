import { processCost } from './process-cost.ts';
import { runWrk } from './run-wrk.ts';
import type { BenchServer } from './server.ts';

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  /** False makes a new connection for each request. */
  readonly isKept?: boolean;
  readonly headers?: readonly string[];
  readonly isEachAnother?: boolean;
}

/** What one server did over all rounds. */
export interface Measured {
  readonly name: string;
  /** Median over the rounds. */
  readonly perSecond: number;
  /** Of all its processes, user and system, for all requests of all rounds together. */
  readonly cpuMicrosPerRequest: number;
  /** The part of it spent in the kernel, which system calls and their sizes decide. */
  readonly systemMicrosPerRequest: number;
  /** Median over the rounds. */
  readonly p99Ms: number;
  /**
   * Share of its core that it used; well below 1 the load was the limit, and CPU per request says
   * more.
   */
  readonly busy: number;
  readonly errors: number;
  readonly rounds: readonly number[];
}

interface Round {
  readonly perSecond: number;
  readonly requests: number;
  readonly userMs: number;
  readonly systemMs: number;
  readonly elapsedMs: number;
  readonly p99Ms: number;
  readonly errors: number;
}

/** What is kept has run out by the second time. */
const WARM_UPS = 2;
const WARM_UP_BURSTS = 2;
const WARM_UP_CONNECTIONS = 400;

/**
 * Measures the servers in turns (A B C, A B C, …), so that what else the machine does hits all of
 * them alike.
 */
export async function compareServers(
  servers: readonly BenchServer[],
  effort: Effort,
  progress: (line: string) => void,
): Promise<Measured[]> {
  for (let time = 0; time < WARM_UPS; time++) {
    for (const server of servers) await warmUp(server, effort);
  }
  const rounds = new Map<BenchServer, Round[]>(servers.map((server) => [server, []]));
  for (let number = 1; number <= effort.rounds; number += 1) {
    for (const server of servers) {
      const round = await runRound(server, effort);
      rounds.get(server)?.push(round);
      const perSecond = Math.round(round.perSecond).toLocaleString('en');
      progress(
        `round ${number}/${effort.rounds}  ${server.name.padEnd(8)} ${perSecond} requests/s`,
      );
    }
  }
  return servers.map((server) => summarise(server.name, rounds.get(server) ?? []));
}

/**
 * As a server is that has run for a while: it has answered, has fetched again what had run out, and
 * has taken connections, of which the rounds open too few to make their way a hot one.
 */
async function warmUp(server: BenchServer, effort: Effort): Promise<void> {
  await runWrk(server.url, { ...effort, seconds: effort.warmUpSeconds });
  for (let time = 0; time < WARM_UP_BURSTS; time++) {
    await runWrk(server.url, { ...effort, connections: WARM_UP_CONNECTIONS, seconds: 1 });
  }
}

async function runRound(server: BenchServer, effort: Effort): Promise<Round> {
  const before = processCost(server.pid);
  const startedMs = performance.now();
  const result = await runWrk(server.url, effort);
  const elapsedMs = performance.now() - startedMs;
  const after = processCost(server.pid);
  return {
    ...result,
    elapsedMs,
    userMs: after.userMs - before.userMs,
    systemMs: after.systemMs - before.systemMs,
  };
}

function summarise(name: string, rounds: readonly Round[]): Measured {
  const sum = (pick: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + pick(round), 0);
  const requests = sum((round) => round.requests);
  const cpuMs = sum((round) => round.userMs + round.systemMs);
  return {
    name,
    perSecond: median(rounds.map((round) => round.perSecond)),
    cpuMicrosPerRequest: (cpuMs * 1_000) / requests,
    systemMicrosPerRequest: (sum((round) => round.systemMs) * 1_000) / requests,
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    busy: cpuMs / sum((round) => round.elapsedMs),
    errors: sum((round) => round.errors),
    rounds: rounds.map((round) => round.perSecond),
  };
}

/**
 * Median over the rounds of one server's requests a second divided by the other's in the same
 * round.
 */
export function ratio(of: Measured, to: Measured): number {
  return median(of.rounds.map((perSecond, round) => perSecond / (to.rounds[round] as number)));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
