import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SiteStatus } from '../contract/status.ts';
import { renderStatus } from './render-status.ts';

const status: SiteStatus = {
  site: 'campaign',
  environment: 'default',
  turnout: '0.1.0',
  model: 'sha256:aa',
  asOf: '2026-11-20T20:00:00.000Z',
  addresses: { site: 'http://127.0.0.1:8080', https: null, internal: null, console: null },
  processes: [
    { kind: 'keeper', id: 'keeper', pid: 10, state: 'running', uptimeMs: 61_000, restarts: 0 },
    { kind: 'worker', id: 'worker-1', pid: 11, state: 'running', uptimeMs: 59_000, restarts: 2 },
  ],
  services: [
    {
      service: 'donations',
      kind: 'run',
      state: 'degraded',
      release: `sha256:${'ab'.repeat(32)}`,
      desired: 2,
      healthy: 1,
      origins: [],
      needs: [{ need: 'db', kind: 'postgres', target: 'donations', state: 'up' }],
      instances: [
        {
          id: 'donations-1',
          address: '127.0.0.1:40001',
          pid: 12,
          state: 'starting',
          release: 'sha256:ab',
          uptimeMs: 3_600_000,
          restarts: 1,
          lastFailure: {
            at: '2026-11-20T19:59:00.000Z',
            reason: 'exited with code 1',
            lastLines: ['Error: no'],
          },
        },
      ],
    },
  ],
  features: [],
  frontends: [{ frontend: 'home', prefix: '/', release: null, pinned: null }],
  resources: [],
  notes: [
    {
      severity: 'warning',
      code: 'manifest-refused',
      about: null,
      message: 'the manifest is refused:\nservice.yaml:3:1',
      remedy: 'mend it',
      since: '2026-11-20T20:00:00.000Z',
    },
  ],
};

test('the status says in words how things stand, what failed and what to do', () => {
  assert.deepEqual(renderStatus(status), [
    'campaign (default)   site http://127.0.0.1:8080   console not listening',
    '',
    'notes',
    '  warning: the manifest is refused:',
    '    service.yaml:3:1',
    '    remedy: mend it',
    '',
    'services',
    '  donations  degraded  1/2 healthy  release abababababab  db up',
    '    donations-1  starting  127.0.0.1:40001  pid 12  up 1 h 0 min  replaced 1×',
    '      last failure 2026-11-20T19:59:00.000Z: exited with code 1',
    '      | Error: no',
    '',
    'frontends',
    '  home  /  not published yet',
    '',
    'processes',
    '  keeper    running  pid 10  up 1 min',
    '  worker-1  running  pid 11  up 59 s   restarted 2×',
  ]);
});

test('the status says which rungs answer, for what, and since when', () => {
  const feature = { feature: 'donations.totals', tier: 'important', state: 'degraded' } as const;
  const rung = {
    rung: 'stale',
    need: 'db',
    cause: 'status',
    requests: 'reads',
    since: '2026-11-20T19:59:00.000Z',
    served: 120,
    workers: 2,
  } as const;
  const lines = renderStatus({
    ...status,
    features: [{ ...feature, rung: 'stale', rungs: [rung] }],
  });
  const text = lines.join('\n');
  assert.match(text, /^rungs in force$/m);
  assert.match(
    text,
    /donations\.totals  stale  for reads  db is lost  for 1 min  120 answered  in 2 workers/,
  );
});

test('the status names features that are not as promised, and who says that a need is lost', () => {
  const [service] = status.services;
  assert.ok(service);
  const lines = renderStatus({
    ...status,
    features: [
      {
        feature: 'donations.totals',
        tier: 'important',
        state: 'degraded',
        rung: 'stale',
        since: '2026-11-20T20:00:00.000Z',
      },
      { feature: 'donations.donate', tier: 'core', state: 'down', rung: 'failed', since: null },
      { feature: 'donations.leaders', tier: 'sheddable', state: 'up', rung: null, since: null },
    ],
    services: [
      {
        ...service,
        needs: [
          {
            need: 'db',
            kind: 'postgres',
            target: 'donations',
            state: 'down',
            saidBy: ['donations-1 127.0.0.1:40001', 'donations-2 127.0.0.1:40002'],
          },
        ],
      },
    ],
  });
  const from = lines.indexOf('features');
  assert.deepEqual(lines.slice(from, from + 3), [
    'features',
    '  donations.totals  important  degraded  rung stale        since 2026-11-20T20:00:00.000Z',
    '  donations.donate  core       down      no rung holds it',
  ]);
  assert.ok(lines.some((line) => line.endsWith('db down (says donations-1, donations-2)')));
});
