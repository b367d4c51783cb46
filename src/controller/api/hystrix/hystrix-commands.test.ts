import type { CircuitState } from '../../../contract/circuits.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FeatureStats, type HealthReport, noStats } from '../../../contract/health-report.ts';
import { hystrixCommands } from './hystrix-commands.ts';

/** What the dashboard cannot do without, by its own source. */
const keys = [
  'type',
  'name',
  'group',
  'currentTime',
  'isCircuitBreakerOpen',
  'errorPercentage',
  'errorCount',
  'requestCount',
  'currentConcurrentExecutionCount',
  'latencyExecute_mean',
  'latencyExecute',
  'reportingHosts',
  'rollingCountBadRequests',
  ...[
    'CollapsedRequests',
    'ExceptionsThrown',
    'Failure',
    'FallbackFailure',
    'FallbackRejection',
    'FallbackSuccess',
    'ResponsesFromCache',
    'SemaphoreRejected',
    'ShortCircuited',
    'Success',
    'ThreadPoolRejected',
    'Timeout',
  ].map((name) => `rollingCount${name}`),
  ...[
    'circuitBreakerRequestVolumeThreshold',
    'circuitBreakerSleepWindowInMilliseconds',
    'circuitBreakerErrorThresholdPercentage',
    'circuitBreakerForceOpen',
    'circuitBreakerForceClosed',
    'executionIsolationStrategy',
    'executionIsolationThreadTimeoutInMilliseconds',
    'executionIsolationThreadInterruptOnTimeout',
    'executionIsolationSemaphoreMaxConcurrentRequests',
    'fallbackIsolationSemaphoreMaxConcurrentRequests',
    'requestCacheEnabled',
    'requestLogEnabled',
    'metricsRollingStatisticalWindowInMilliseconds',
  ].map((name) => `propertyValue_${name}`),
];

function report(worker: string, stats: Partial<FeatureStats>, lost: number): HealthReport {
  const need = { service: 'donations', need: 'db', sinceMs: 0, saidBy: [], reporting: 1 } as const;
  return {
    worker,
    atMs: 0,
    features: [
      {
        feature: 'donations.totals',
        tier: 'core',
        isPublic: true,
        rung: 'full',
        sinceMs: 0,
        reason: null,
        stats: { ...noStats, ...stats },
      },
    ],
    needs: [{ ...need, state: lost > 0 ? 'down' : 'up', answers: 10, lost }],
    circuits: [],
    queues: [],
  };
}

test('a command has every key that a dashboard reads, percentiles by name', () => {
  for (const command of hystrixCommands([report('w1', {}, 0)], 5)) {
    assert.deepEqual(
      keys.filter((key) => !(key in command)),
      [],
    );
    const latency = Object.keys(command['latencyExecute'] as object);
    assert.deepEqual(
      ['0', '25', '50', '75', '90', '95', '99', '99.5', '100'].filter(
        (each) => !latency.includes(each),
      ),
      [],
    );
  }
});

test('counts are those of all workers, and each error is of one kind', () => {
  const one = report('w1', { full: 6, kept: 100, stepped: 3, latency: [0, 4], inFlight: 1 }, 0);
  const failures = { ...noStats.failures, late: 1, open: 1, shed: 1, status: 2 };
  const other = report('w2', { closed: 1, failed: 2, refused: 7, failures, latency: [2] }, 4);
  const [feature = {}, need = {}] = hystrixCommands([one, other], 9);
  const told = (name: string): unknown => feature[name];
  assert.deepEqual(
    {
      name: told('name'),
      group: told('group'),
      requests: told('requestCount'),
      errors: told('errorCount'),
      percentage: told('errorPercentage'),
      failure: told('rollingCountFailure'),
      timeout: told('rollingCountTimeout'),
      short: told('rollingCountShortCircuited'),
      shed: told('rollingCountSemaphoreRejected'),
      bad: told('rollingCountBadRequests'),
      kept: told('rollingCountResponsesFromCache'),
      fallbacks: [
        told('rollingCountFallbackSuccess'),
        told('rollingCountFallbackRejection'),
        told('rollingCountFallbackFailure'),
      ],
      inFlight: told('currentConcurrentExecutionCount'),
      hosts: told('reportingHosts'),
    },
    {
      name: 'donations.totals',
      group: 'donations',
      requests: 12,
      errors: 6,
      percentage: 50,
      failure: 3,
      timeout: 1,
      short: 1,
      shed: 1,
      bad: 7,
      kept: 100,
      fallbacks: [3, 1, 2],
      inFlight: 1,
      hosts: 2,
    },
  );
  assert.deepEqual(
    [need['name'], need['group'], need['isCircuitBreakerOpen'], need['errorPercentage']],
    ['donations.db', 'donations needs', true, 20],
  );
});

test('a feature is open where its own breaker is, or that of its service', () => {
  const nothing = { sinceMs: 0, reason: null, calls: 0, bad: 0, opened: 1, refused: 0 };
  const isOpen = (circuit: string, state: CircuitState): unknown => {
    const told = { ...report('w1', {}, 0), circuits: [{ ...nothing, circuit, state }] };
    return hystrixCommands([told], 0)[0]?.['isCircuitBreakerOpen'];
  };
  assert.equal(isOpen('donations', 'open'), true);
  assert.equal(isOpen('donations.totals/reads', 'half-open'), true);
  assert.equal(isOpen('donations.totals/writes', 'held-open'), true);
  assert.equal(isOpen('donations.totals/reads', 'held-closed'), false);
  assert.equal(isOpen('donations.donate/reads', 'open'), false);
});
