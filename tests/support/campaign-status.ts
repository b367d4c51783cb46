import type { MemberStatus, SiteStatus } from '../../src/contract/status.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const asOf = '2026-11-03T18:20:31.000Z';

/** The campaign on a good day. */
export function calmStatus(): SiteStatus {
  const instance = (service: string, place: number, uptimeMs: number) => ({
    id: `${service}-${place}`,
    address: `127.0.0.1:4310${place}`,
    pid: 4200 + place,
    state: 'ready' as const,
    release: digest(service.charCodeAt(0).toString(16).charAt(1)),
    uptimeMs,
    restarts: 0,
    lastFailure: null,
  });
  const running = (service: string, needs: SiteStatus['services'][number]['needs']) => ({
    service,
    kind: 'run' as const,
    state: 'up' as const,
    release: digest(service.charCodeAt(0).toString(16).charAt(1)),
    desired: 2,
    healthy: 2,
    instances: [instance(service, 1, 5_400_000), instance(service, 2, 93_000)],
    origins: [],
    needs,
  });
  return {
    site: 'campaign',
    environment: 'laptop',
    turnout: '0.1.0',
    model: digest('c'),
    asOf,
    addresses: {
      site: 'http://127.0.0.1:8080',
      https: null,
      internal: 'http://127.0.0.1:8082',
      console: 'http://127.0.0.1:8081',
    },
    processes: [
      {
        kind: 'keeper',
        id: 'keeper',
        pid: 4100,
        state: 'running',
        uptimeMs: 5_401_000,
        restarts: 0,
      },
      {
        kind: 'controller',
        id: 'controller',
        pid: 4101,
        state: 'running',
        uptimeMs: 5_400_500,
        restarts: 0,
      },
      {
        kind: 'worker',
        id: 'worker-1',
        pid: 4102,
        state: 'running',
        uptimeMs: 5_400_500,
        restarts: 0,
      },
      {
        kind: 'worker',
        id: 'worker-2',
        pid: 4103,
        state: 'running',
        uptimeMs: 61_000,
        restarts: 1,
      },
    ],
    services: [
      running('donations', [
        { need: 'db', kind: 'postgres', target: 'donations', state: 'up' },
        { need: 'processor', kind: 'http', target: 'https://processor.example', state: 'up' },
        { need: 'identity', kind: 'feature', target: 'identity.sign-in', state: 'up' },
      ]),
      running('identity', [
        { need: 'people', kind: 'postgres', target: 'people', state: 'unknown' },
      ]),
      running('volunteers', []),
      {
        service: 'voter-file',
        kind: 'at',
        state: 'up',
        release: null,
        desired: 0,
        healthy: 0,
        instances: [],
        origins: ['http://10.0.0.5:8080'],
        needs: [],
      },
    ],
    features: [
      { feature: 'donations.donate', tier: 'core', state: 'up', rung: null },
      { feature: 'identity.sign-in', tier: 'core', state: 'up', rung: null },
      { feature: 'volunteers.calls', tier: 'core', state: 'up', rung: null },
      { feature: 'donations.totals', tier: 'important', state: 'up', rung: null },
      { feature: 'identity.password', tier: 'important', state: 'up', rung: null },
      { feature: 'voter-file.lookup', tier: 'important', state: 'unknown', rung: null },
      { feature: 'donations.leaderboard', tier: 'sheddable', state: 'up', rung: null },
    ],
    frontends: [
      { frontend: 'home', prefix: '/', release: digest('a'), pinned: null },
      { frontend: 'donate', prefix: '/donate', release: null, pinned: null },
    ],
    resources: [
      {
        kind: 'postgres',
        name: 'donations',
        state: 'up',
        address: '127.0.0.1:54321',
        reason: null,
        durability: 'sync',
        ifPrimaryIsLost: 'Nothing that was acknowledged is lost.',
        promotion: null,
        members: [
          { ...member('donations-1', 54321), role: 'primary' },
          { ...member('donations-2', 54322), role: 'replica', lagBytes: 128, lagMs: 3 },
        ],
      },
      {
        kind: 'postgres',
        name: 'people',
        state: 'elsewhere',
        address: null,
        reason: null,
        durability: null,
        ifPrimaryIsLost: null,
        promotion: null,
        members: [],
      },
    ],
    notes: [],
  };
}

/**
 * The same site on a bad one: a service that cannot keep its instances, a database lost,
 * replacement stopped.
 */
export function troubledStatus(): SiteStatus {
  const calm = calmStatus();
  const [donations, ...others] = calm.services;
  const [first, second] = donations?.instances ?? [];
  if (donations === undefined || first === undefined || second === undefined)
    throw new Error('no donations');
  return {
    ...calm,
    services: [
      ...others,
      {
        ...donations,
        state: 'degraded',
        healthy: 1,
        instances: [
          first,
          {
            ...second,
            state: 'sick',
            restarts: 3,
            uptimeMs: 4000,
            lastFailure: {
              at: '2026-11-03T18:20:11.000Z',
              reason: 'exited with code 1, 4 s after it started',
              lastLines: [
                'Error: connect ECONNREFUSED 127.0.0.1:54321',
                '    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
              ],
            },
          },
        ],
        needs: [{ need: 'db', kind: 'postgres', target: 'donations', state: 'down' }],
      },
    ],
    features: [
      { feature: 'donations.donate', tier: 'core', state: 'degraded', rung: 'queue' },
      ...calm.features.slice(1),
    ],
    resources: [
      {
        kind: 'postgres',
        name: 'donations',
        state: 'down',
        address: null,
        reason: 'the server was killed and is being started again',
        durability: null,
        ifPrimaryIsLost: null,
        promotion: null,
        members: [],
      },
      ...calm.resources.slice(1),
    ],
    notes: [
      {
        severity: 'alert',
        code: 'replacement-stopped',
        about: 'donations',
        message: 'Replacement of donations stopped: more than half of its instances fail together.',
        remedy:
          'Read the runbook database.md; when the cause is gone, `turnout release donations --resume`.',
        since: '2026-11-03T18:20:12.000Z',
      },
      {
        severity: 'note',
        code: 'worker-restarted',
        about: 'worker-2',
        message: 'worker-2 was restarted.',
        remedy: null,
        since: '2026-11-03T18:19:30.000Z',
      },
    ],
  };
}

function member(name: string, port: number): Omit<MemberStatus, 'role'> {
  const address = `127.0.0.1:${port}`;
  return { name, state: 'up', address, lagBytes: null, lagMs: null, reason: null };
}
