import type { SeenRung } from './rungs.ts';

/** What is away. */
export interface Lost {
  /** Of every database that has one. */
  readonly replicas?: boolean;
  /** Of every database, also of the one that is a server alone. */
  readonly primaries?: boolean;
  /** What workers and instances kept, in memory and on disk. */
  readonly caches?: boolean;
  /** The disk of the queued writes takes no more. */
  readonly disk?: boolean;
}

export interface DeclaredFeature {
  readonly feature: string;
  readonly tier: 'core' | 'important' | 'sheddable';
  /** The worst that the manifests of the campaign allow while this is lost. */
  readonly worst: (lost: Lost) => SeenRung;
}

const both = ({ replicas, primaries }: Lost): boolean => replicas === true && primaries === true;

/** The ladders of the campaign, as what its visitors may see at worst. */
export const declaredFeatures: readonly DeclaredFeature[] = [
  { feature: 'donations.donate', tier: 'core', worst: queued },
  {
    feature: 'calls.record-call',
    tier: 'core',
    // Its one instance is started anew with what it kept gone: until then it is none of its needs.
    worst: (lost) =>
      lost.caches === true && queued(lost) !== 'not-kept' ? 'closed' : queued(lost),
  },
  {
    feature: 'calls.next-call',
    tier: 'core',
    worst: ({ primaries, caches }) =>
      caches === true ? 'unknown' : primaries === true ? 'list' : 'service',
  },
  {
    feature: 'identity.sign-in',
    tier: 'core',
    worst: ({ primaries }) => (primaries === true ? 'unknown' : 'service'),
  },
  { feature: 'identity.session', tier: 'core', worst: () => 'service' },
  { feature: 'partners.polling-places', tier: 'core', worst: () => 'service' },
  {
    feature: 'donations.totals',
    tier: 'important',
    worst: (lost) => (!both(lost) ? 'service' : lost.caches === true ? 'static' : 'stale'),
  },
  {
    feature: 'events.list',
    tier: 'important',
    worst: (lost) => (!both(lost) ? 'service' : lost.caches === true ? 'closed' : 'stale'),
  },
  {
    feature: 'calls.my-tally',
    tier: 'important',
    worst: (lost) => (lost.caches === true ? 'closed' : both(lost) ? 'kept' : 'service'),
  },
  {
    feature: 'identity.change-password',
    tier: 'important',
    worst: ({ primaries }) => (primaries === true ? 'unknown' : 'service'),
  },
  {
    feature: 'donations.leaderboard',
    tier: 'sheddable',
    worst: (lost) => (both(lost) ? 'closed' : 'service'),
  },
];

function queued({ primaries, disk }: Lost): SeenRung {
  if (primaries !== true) return 'service';
  return disk === true ? 'not-kept' : 'queue';
}

/** The rung that somebody is sure to see while this is lost; null where all may go on as ever. */
export function surelySeen({ feature, worst }: DeclaredFeature, lost: Lost): SeenRung | null {
  if (lost.caches === true && feature.startsWith('calls.')) return null;
  const rung = worst(lost);
  if (rung === 'service') return null;
  return rung === 'unknown' ? 'closed' : rung;
}
