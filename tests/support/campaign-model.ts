import { deriveAll } from '../../src/derive/all.ts';
import type { Catalog } from '../../src/derive/catalog/catalog.ts';
import type { Model } from '../../src/manifest/model.ts';
import { fixedService, siteFeature, siteFrontend, siteModel, siteService } from './site-model.ts';

/** A campaign of four services with every kind of need, feature and rung: for tests of pages. */
export function campaignModel(): Model {
  return siteModel([donations(), identity(), volunteers(), voterFile()], {
    name: 'campaign',
    what: 'The public site of Marlowe for Governor, and where supporters give.',
    environment: 'laptop',
    frontends: [siteFrontend('home', '/'), siteFrontend('donate', '/donate')],
    resources: [
      {
        kind: 'postgres',
        name: 'donations',
        url: null,
        replicaUrls: [],
        replicas: 2,
        durability: 'sync',
      },
      {
        kind: 'postgres',
        name: 'people',
        url: null,
        replicaUrls: [],
        replicas: 0,
        durability: 'async',
      },
    ],
    regions: [
      { name: 'east', at: null },
      { name: 'west', at: 'https://west.example.org' },
    ],
  });
}

export function campaignCatalog(): Catalog {
  const derivation = deriveAll(campaignModel());
  if (!derivation.ok) throw new Error(JSON.stringify(derivation.problems));
  return derivation.derived.catalog;
}

function donations() {
  return siteService('donations', {
    what: 'Takes pledges of money and tells supporters what was raised. It must not fail.',
    owner: 'fundraising',
    stack: 'Node.js 26, PostgreSQL 18',
    find: {
      repository: 'https://code.example/campaign/donations',
      chat: '#donations',
      dashboard: 'https://metrics.example/d/donations',
    },
    goesDown: [
      {
        when: 'the card processor is slow',
        usersSee: 'a receipt for a pledge',
        runbook: 'services/donations/runbooks/processor.md',
      },
      {
        when: 'the database is gone',
        usersSee: 'a thank-you that says the gift is kept',
        runbook: 'services/donations/runbooks/database.md',
      },
    ],
    runbooks: 'services/donations/runbooks',
    scale: { min: 2, max: 8, targetInFlight: 40, limitInFlight: 80 },
    release: {
      before: ['node', 'migrate.js'],
      canary: [0.05, 0.25, 1],
      bakeMs: 60_000,
      minRequests: 500,
      drainMs: 20_000,
    },
    needs: [
      {
        kind: 'postgres',
        name: 'db',
        resource: 'donations',
        timeoutMs: 2_000,
        inFlight: 10,
        reads: 'replica',
      },
      {
        kind: 'http',
        name: 'processor',
        url: 'https://user:secret@processor.example/v1?key=hidden',
        timeoutMs: 2000,
        inFlight: 32,
        proxy: null,
      },
      {
        kind: 'feature',
        name: 'identity',
        service: 'identity',
        feature: 'sign-in',
        timeoutMs: null,
        inFlight: 32,
      },
    ],
    features: [
      siteFeature('leaderboard', ['GET /api/donations/leaders'], {
        tier: 'sheddable',
        needs: [{ need: 'db', role: null }],
        cache: { kind: 'for', forMs: 30_000 },
        ladder: [{ need: null, rungs: [{ kind: 'closed', methods: null }] }],
      }),
      siteFeature('donate', ['POST /api/donations'], {
        tier: 'core',
        once: 'sdk',
        needs: [
          { need: 'db', role: 'primary' },
          { need: 'processor', role: null },
        ],
        objective: { availability: 0.9995, p99Ms: 300 },
        ladder: [
          {
            need: { need: 'db', role: 'primary' },
            rungs: [{ kind: 'queue', forMs: 86_400_000, by: 'body.email', methods: null }],
          },
          { need: null, rungs: [{ kind: 'closed', methods: null }] },
        ],
      }),
      siteFeature('totals', ['GET /api/donations/total', 'GET /api/donations/:id'], {
        needs: [{ need: 'db', role: null }],
        cache: { kind: 'for', forMs: 5000 },
        ladder: [
          {
            need: null,
            rungs: [
              { kind: 'stale', forMs: 3_600_000, methods: null },
              { kind: 'static', file: 'services/donations/fallbacks/total.json', methods: null },
            ],
          },
        ],
      }),
    ],
  });
}

function identity() {
  return siteService('identity', {
    what: 'Knows who somebody is: sign-in, sessions, passwords.',
    owner: 'platform',
    stack: 'Go 1.24',
    source: {
      kind: 'run',
      build: { kind: 'command', command: 'make', output: 'dist/' },
      command: ['./identity'],
    },
    needs: [
      {
        kind: 'postgres',
        name: 'people',
        resource: 'people',
        timeoutMs: 2_000,
        inFlight: 10,
        reads: 'replica',
      },
    ],
    features: [
      siteFeature('sign-in', ['POST /api/sessions'], {
        tier: 'core',
        needs: [{ need: 'people', role: null }],
        ladder: [{ need: null, rungs: [{ kind: 'closed', methods: null }] }],
      }),
      siteFeature('password', ['PUT /api/password', 'GET /api/password/hint'], {
        needs: [{ need: 'people', role: 'primary' }],
        ladder: [
          {
            need: null,
            rungs: [
              { kind: 'read-only', methods: null },
              { kind: 'redirect', url: '/', methods: ['GET'] },
            ],
          },
        ],
      }),
    ],
  });
}

function volunteers() {
  return siteService('volunteers', {
    what: 'Shifts, calls and the leader board of those who make them.',
    owner: 'field',
    needs: [
      {
        kind: 'feature',
        name: 'identity',
        service: 'identity',
        feature: 'sign-in',
        timeoutMs: null,
        inFlight: 32,
      },
      {
        kind: 'feature',
        name: 'voters',
        service: 'voter-file',
        feature: 'lookup',
        timeoutMs: null,
        inFlight: 32,
      },
    ],
    features: [
      siteFeature('calls', ['ANY /api/calls/**'], {
        tier: 'core',
        needs: [
          { need: 'identity', role: null },
          { need: 'voters', role: null },
        ],
        ladder: [{ need: null, rungs: [{ kind: 'region', region: 'west', methods: null }] }],
      }),
    ],
  });
}

function voterFile() {
  return fixedService('voter-file', {
    what: 'The party’s voter file, behind a proxy of our own.',
    owner: 'data',
    features: [siteFeature('lookup', ['GET /api/voters/:id'], { internal: true })],
  });
}
