import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HealthReport, noStats } from '../../contract/health-report.ts';
import type { SiteSettings } from '../../contract/site-settings.ts';
import type { ResourceStatus, StatusNote } from '../../contract/status.ts';
import type { Derived } from '../../derive/all.ts';
import { ownProcessIdentity } from '../../lib/process-identity.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { State, StateEntry } from '../../ports/state/port.ts';
import { describeSite } from './describe-site.ts';
import type { StatusSources } from './describe-site.ts';

const listener = { address: '0.0.0.0', port: 8080, requestedPort: 8080 };
const settings: SiteSettings = {
  site: 'campaign',
  siteDirectory: '/site',
  environment: null,
  http: listener,
  https: null,
  internal: { ...listener, address: '127.0.0.1', port: 8082 },
  console: { ...listener, port: 8081 },
  fastPath: 'auto',
  workers: 1,
  cache: { memoryBytes: 1, diskBytes: 0 },
  watch: false,
  blobStores: [],
};

const policy = { limitInFlight: 80, needs: [] };
const derived = {
  model: 'sha256:aa',
  catalog: { environment: 'production' },
  policies: {
    services: [
      {
        ...policy,
        service: 'old',
        origins: ['http://user:hunter2@10.0.0.5:8080'],
        needs: [
          { need: 'pay', kind: 'http', target: 'https://key:hunter2@pay.example/v1' },
          { need: 'db', kind: 'postgres', target: 'donations' },
        ],
      },
      { ...policy, service: 'young', origins: null },
    ],
    features: [
      { feature: 'old.all', tier: 'core' },
      { feature: 'young.all', tier: 'important' },
    ],
  },
  routes: { frontends: [{ frontend: 'home', prefix: '/' }] },
  releasePlan: { services: [{ service: 'young', instances: { min: 2, max: 4 } }] },
} as unknown as Derived;

const worker = {
  kind: 'worker',
  id: 'worker-1',
  ...ownProcessIdentity(),
  turnout: '0.1.0',
  state: 'running',
  startedAtMs: 0,
  restarts: 0,
  settings: '',
} as const;

function sources(records: readonly object[], resources: readonly ResourceStatus[]): StatusSources {
  const entries = records.map((value, n) => ({ key: `processes/${n}`, value, revision: n + 1 }));
  const list = async (prefix: string): Promise<readonly StateEntry[]> =>
    prefix === 'processes/' ? (entries as StateEntry[]) : [];
  return {
    settings,
    state: { list } as unknown as State,
    clock: { nowMs: () => 60_000 } as Clock,
    supervisor: { status: () => null, statuses: () => [], notes: () => [] },
    resources: { statuses: () => resources, notes: () => [] },
  };
}

const up: ResourceStatus = {
  kind: 'postgres',
  name: 'donations',
  state: 'up',
  address: '127.0.0.1:5432',
  reason: null,
  durability: null,
  ifPrimaryIsLost: null,
  promotion: null,
  members: [],
};

test('no credentials of an address are ever shown', async () => {
  const status = await describeSite(sources([worker], [up]), derived, []);
  assert.doesNotMatch(JSON.stringify(status), /hunter2/);
  assert.deepEqual(status.services[0]?.origins, ['http://10.0.0.5:8080/']);
  assert.deepEqual(
    status.services[0]?.needs.map(({ need, target, state }) => [need, target, state]),
    [
      ['pay', 'https://pay.example/v1', 'unknown'],
      ['db', 'donations', 'up'],
    ],
  );
});

test('a service without instances is starting, or down once it failed', async () => {
  const note: StatusNote = {
    severity: 'alert',
    code: 'build-failed',
    about: 'young',
    message: 'it does not build',
    remedy: null,
    since: '2026-11-20T20:00:00.000Z',
  };
  const starting = await describeSite(sources([worker], []), derived, []);
  assert.deepEqual([starting.services[1]?.state, starting.services[1]?.desired], ['starting', 2]);
  const failed = await describeSite(sources([worker], []), derived, [note]);
  assert.equal(failed.services[1]?.state, 'down');
  assert.deepEqual(
    failed.features.map(({ feature, state }) => [feature, state]),
    [
      ['old.all', 'unknown'],
      ['young.all', 'down'],
    ],
  );
});

test('features and needs stand as the answers that workers gave say', async () => {
  const stats = { ...noStats, stepped: 3, failures: { ...noStats.failures, status: 3 } };
  const report: HealthReport = {
    worker: 'worker-1',
    atMs: 50_000,
    features: [
      {
        feature: 'old.all',
        tier: 'core',
        isPublic: true,
        rung: 'stale',
        sinceMs: 40_000,
        reason: { cause: 'status', need: 'pay' },
        stats,
      },
    ],
    needs: [
      {
        service: 'old',
        need: 'pay',
        state: 'down',
        sinceMs: 40_000,
        saidBy: ['old-1 127.0.0.1:1'],
        reporting: 1,
        answers: 3,
        lost: 3,
      },
      {
        service: 'old',
        need: 'db',
        state: 'up',
        sinceMs: 40_000,
        saidBy: [],
        reporting: 1,
        answers: 3,
        lost: 0,
      },
      {
        service: 'old',
        need: 'db.primary',
        state: 'down',
        sinceMs: 40_000,
        saidBy: ['old-1 127.0.0.1:1'],
        reporting: 1,
        answers: 3,
        lost: 3,
      },
    ],
    circuits: [],
    queues: [],
  };
  const told = async (atMs: number) => {
    const plain = sources([worker], []);
    const reported = [{ key: 'health-reports/worker-1', value: { ...report, atMs }, revision: 9 }];
    const state = {
      list: async (prefix: string) =>
        prefix === 'health-reports/' ? reported : plain.state.list(prefix),
    } as unknown as State;
    return describeSite({ ...plain, state }, derived, []);
  };
  const { features, services } = await told(50_000);
  assert.deepEqual(features[0], {
    feature: 'old.all',
    tier: 'core',
    state: 'degraded',
    rung: 'stale',
    since: '1970-01-01T00:00:40.000Z',
  });
  assert.deepEqual(
    services[0]?.needs.map(({ need, state, saidBy }) => [need, state, saidBy]),
    [
      ['pay', 'down', ['old-1 127.0.0.1:1']],
      ['db', 'up', undefined],
      ['db.primary', 'down', ['old-1 127.0.0.1:1']],
    ],
  );
  const silent = await told(20_000);
  assert.equal(silent.features[0]?.rung, null);
  assert.equal(silent.services[0]?.needs[0]?.state, 'unknown');
});

test('the site has an address once a worker listens; the gravest note comes first', async () => {
  const listening = await describeSite(sources([worker], []), derived, []);
  assert.equal(listening.addresses.site, 'http://127.0.0.1:8080');
  assert.equal(listening.addresses.internal, 'http://127.0.0.1:8082');
  assert.deepEqual(
    listening.notes.map(({ code }) => code),
    ['keeper-dead'],
  );
  const dead = { ...worker, startTicks: worker.startTicks + 1 };
  const silent = await describeSite(sources([dead], []), derived, []);
  assert.equal(silent.addresses.site, null);
  assert.equal(silent.addresses.internal, null);
  assert.deepEqual(
    silent.notes.map(({ severity, code }) => `${severity} ${code}`),
    ['alert workers-missing', 'warning keeper-dead'],
  );
});

test('before any manifest could be read there is a status all the same', async () => {
  const status = await describeSite(sources([], []), null, []);
  assert.equal(status.model, '');
  assert.deepEqual(status.services, []);
});
