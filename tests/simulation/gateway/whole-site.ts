import type { FlagsRecord } from '../../../src/contract/flags.ts';
import { defaultSwitch } from '../../../src/derive/flags/feature-switches.ts';
import type { FeaturePolicy } from '../../../src/derive/policies/policies.ts';
import type { WorkerConfiguration } from '../../../src/derive/worker-configuration.ts';
import { silentPolicy } from '../../../src/data-plane/gateway/route/silent-policy.ts';
import type { Randomness } from '../../../src/ports/randomness/port.ts';
import { ladderOf } from '../../support/laddered-site.ts';
import { plainConfiguration } from '../../support/site-worker.ts';

/** What the static rungs of the site answer with, and where the configuration finds it. */
export const PAGE = 'static/page.json';
export const page = Buffer.from('{"static":true}');

/** Features of the simulated site, and what a request to each looks like. */
export const features: readonly FeaturePolicy[] = [
  {
    ...silentPolicy('shop.give'),
    tier: 'core',
    once: true,
    cache: { kind: 'none' },
    needs: ['db.primary'],
    ladder: ladderOf({
      'db.primary': ['queue 48h by body.email', 'closed'],
      otherwise: ['queue 48h by body.email', 'closed'],
    }),
    replay: { credential: null, perSecond: 100, page: null },
  },
  {
    ...silentPolicy('shop.list'),
    tier: 'core',
    needs: ['db'],
    ladder: ladderOf({
      db: ['stale 1h', `static ${PAGE}`],
      otherwise: ['stale 1h', `static ${PAGE}`],
    }),
  },
  {
    ...silentPolicy('shop.own'),
    tier: 'important',
    needs: ['db'],
    ladder: ladderOf({ otherwise: ['stale 1h', 'closed'] }),
    inFlight: 40,
  },
  {
    ...silentPolicy('shop.ads'),
    tier: 'sheddable',
    cache: { kind: 'none' },
    breaker: { errors: 0.3, slowMs: 400, volume: 10, openMs: 2_000 },
    ladder: ladderOf({ otherwise: ['closed'] }),
    inFlight: 10,
  },
  { ...silentPolicy('shop.plain'), tier: 'important', cache: { kind: 'none' } },
];

/** As `turnout deploy` would write it; limits, rules and ladders differ from one to the next. */
export function anyConfiguration(random: Randomness, model: string): WorkerConfiguration {
  const routes = features.map(({ feature }) => {
    const segment = feature.split('.')[1] ?? '';
    const deadlineMs = 500 + random.integer(2_000);
    return { feature, service: 'shop', path: `/${segment}/**`, depth: 1, deadlineMs };
  });
  const plain = plainConfiguration(routes, { model, limitInFlight: 5 + random.integer(150) });
  const openMs = 1_000 + random.integer(5_000);
  const breaker = { errors: 0.3 + 0.5 * random.fraction(), slowMs: null, volume: 20, openMs };
  return {
    ...plain,
    policies: {
      ...plain.policies,
      services: plain.policies.services.map((service) => Object.assign({}, service, { breaker })),
      features: features.map((each) => anyChange(each, random)),
      files: { [PAGE]: 'sha256:page' },
    },
  };
}

/** Now and then a ladder that is another one: what was in force on the one before has ended. */
function anyChange(policy: FeaturePolicy, random: Randomness): FeaturePolicy {
  if (policy.feature !== 'shop.own' || random.integer(3) > 0) return policy;
  return { ...policy, ladder: ladderOf({ otherwise: ['stale 2h', 'closed'] }) };
}

/** A switch for every feature, all of them on. */
export const flagsOfSite: FlagsRecord = {
  document: {
    flags: Object.fromEntries(features.map((each) => [each.feature, defaultSwitch(each)])),
    $evaluators: {},
  },
  from: 'flags.yaml',
  changes: {},
};

/** A value that somebody may set the switch of this feature to; null for on. */
export function anySwitch(feature: string, random: Randomness): string | null {
  const [, ...rungs] = Object.keys(flagsOfSite.document.flags[feature]?.variants ?? {});
  const values = [...rungs, 'slow 300ms'];
  return random.integer(2) === 0 ? null : (values[random.integer(values.length)] ?? null);
}
