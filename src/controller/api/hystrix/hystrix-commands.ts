import type { FeatureReport, HealthReport, NeedReport } from '../../../contract/health-report.ts';
import { meanLatency, percentile } from '../../../contract/latency-classes.ts';

/** One circuit as the Hystrix dashboard and Turbine read it; every key is there in each. */
export type HystrixCommand = Readonly<
  Record<string, string | number | boolean | Readonly<Record<string, number>>>
>;

const WINDOW_MS = 10_000;
const percentiles = [0, 25, 50, 75, 90, 95, 99, 99.5, 100];

interface Counts {
  readonly name: string;
  readonly group: string;
  readonly isOpen: boolean;
  readonly success: number;
  /** All that were not as they should be; what follows tells them apart. */
  readonly errors: number;
  readonly late: number;
  readonly shortCircuited: number;
  readonly shed: number;
  readonly refused: number;
  readonly kept: number;
  readonly stepped: number;
  readonly closed: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly latency: readonly number[];
  readonly hosts: number;
}

/**
 * A command for each feature, in the group of its service, and one for each need that a service
 * reports on, in the group `SERVICE needs`; counts of all workers together. A feature is open where
 * its service's breaker is, or it is closed by one; a need where it is lost.
 */
export function hystrixCommands(
  reports: readonly HealthReport[],
  nowMs: number,
): readonly HystrixCommand[] {
  const features = grouped(
    reports.flatMap((report) => report.features),
    ({ feature }) => feature,
  );
  const needs = grouped(
    reports.flatMap((report) => report.needs),
    ({ service, need }) => `${service} ${need}`,
  );
  const open = new Set(
    reports.flatMap(({ circuits }) =>
      // Those of `SERVICE.FEATURE/reads` and `/writes` are the feature's.
      circuits
        .filter(({ state }) => state !== 'held-closed')
        .map(({ circuit }) => circuit.split('/')[0] ?? circuit),
    ),
  );
  return [
    ...features.map((told) => command(featureCounts(told, open), nowMs)),
    ...needs.map((told) => command(needCounts(told), nowMs)),
  ];
}

function featureCounts(told: readonly FeatureReport[], open: ReadonlySet<string>): Counts {
  const [{ feature }] = told as [FeatureReport];
  const [service = ''] = feature.split('.');
  const sum = (of: (stats: FeatureReport['stats']) => number): number =>
    told.reduce((total, { stats }) => total + of(stats), 0);
  const stepped = sum((stats) => stats.stepped);
  const closed = sum((stats) => stats.closed);
  const failed = sum((stats) => stats.failed);
  const classes = Math.max(0, ...told.map(({ stats }) => stats.latency.length));
  return {
    name: feature,
    group: service,
    isOpen: open.has(service) || open.has(feature),
    success: sum((stats) => stats.full),
    errors: stepped + closed + failed,
    late: sum((stats) => stats.failures.late),
    shortCircuited: sum((stats) => stats.failures.open + stats.failures.switched),
    shed: sum((stats) => stats.failures.shed),
    refused: sum((stats) => stats.refused),
    kept: sum((stats) => stats.kept),
    stepped,
    closed,
    failed,
    inFlight: sum((stats) => stats.inFlight),
    latency: Array.from({ length: classes }, (_, index) =>
      sum((stats) => stats.latency[index] ?? 0),
    ),
    hosts: told.length,
  };
}

function needCounts(told: readonly NeedReport[]): Counts {
  const [{ service, need }] = told as [NeedReport];
  const answers = told.reduce((total, each) => total + each.answers, 0);
  const lost = told.reduce((total, each) => total + each.lost, 0);
  return {
    name: `${service}.${need}`,
    group: `${service} needs`,
    isOpen: told.some(({ state }) => state === 'down'),
    success: answers - lost,
    errors: lost,
    late: 0,
    shortCircuited: 0,
    shed: 0,
    refused: 0,
    kept: 0,
    stepped: 0,
    closed: 0,
    failed: lost,
    inFlight: 0,
    latency: [],
    hosts: told.length,
  };
}

function command(counts: Counts, nowMs: number): HystrixCommand {
  const requestCount = counts.success + counts.errors;
  const { errors, late, shortCircuited, shed } = counts;
  const latency = Object.fromEntries(
    percentiles.map((each) => [
      String(each),
      counts.latency.length === 0 ? 0 : percentile(counts.latency, each / 100),
    ]),
  );
  const mean = meanLatency(counts.latency);
  return {
    type: 'HystrixCommand',
    name: counts.name,
    group: counts.group,
    currentTime: nowMs,
    isCircuitBreakerOpen: counts.isOpen,
    errorPercentage: requestCount === 0 ? 0 : Math.round((100 * errors) / requestCount),
    errorCount: errors,
    requestCount,
    rollingCountBadRequests: counts.refused,
    // The cache lets many share one question; how many is not counted.
    rollingCountCollapsedRequests: 0,
    rollingCountExceptionsThrown: counts.failed,
    rollingCountFailure: Math.max(0, errors - late - shortCircuited - shed),
    rollingCountFallbackFailure: counts.failed,
    rollingCountFallbackRejection: counts.closed,
    rollingCountFallbackSuccess: counts.stepped,
    rollingCountResponsesFromCache: counts.kept,
    rollingCountSemaphoreRejected: shed,
    rollingCountShortCircuited: shortCircuited,
    rollingCountSuccess: counts.success,
    rollingCountThreadPoolRejected: 0,
    rollingCountTimeout: late,
    currentConcurrentExecutionCount: counts.inFlight,
    latencyExecute_mean: mean,
    latencyExecute: latency,
    latencyTotal_mean: mean,
    latencyTotal: latency,
    reportingHosts: counts.hosts,
    ...properties,
  };
}

/** What Hystrix would be told to do: here it is said where ours are, and 0 for what is not ours. */
const properties: HystrixCommand = {
  propertyValue_circuitBreakerRequestVolumeThreshold: 0,
  propertyValue_circuitBreakerSleepWindowInMilliseconds: 0,
  propertyValue_circuitBreakerErrorThresholdPercentage: 50,
  propertyValue_circuitBreakerForceOpen: false,
  propertyValue_circuitBreakerForceClosed: false,
  propertyValue_circuitBreakerEnabled: true,
  propertyValue_executionIsolationStrategy: 'SEMAPHORE',
  propertyValue_executionIsolationThreadTimeoutInMilliseconds: 0,
  propertyValue_executionIsolationThreadInterruptOnTimeout: false,
  propertyValue_executionIsolationSemaphoreMaxConcurrentRequests: 0,
  propertyValue_fallbackIsolationSemaphoreMaxConcurrentRequests: 0,
  propertyValue_requestCacheEnabled: true,
  propertyValue_requestLogEnabled: false,
  propertyValue_metricsRollingStatisticalWindowInMilliseconds: WINDOW_MS,
};

function grouped<T>(all: readonly T[], nameOf: (each: T) => string): readonly (readonly T[])[] {
  const groups = Map.groupBy(all, nameOf);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
