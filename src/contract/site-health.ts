import type { CircuitStatus } from './circuits.ts';
import { type RungName, worseRung } from './feature-health.ts';
import type {
  FailureCounts,
  AnswerCounts,
  FeatureReport,
  HealthReport,
  NeedReport,
  QueueReport,
} from './health-report.ts';

/**
 * How the site stands: the body of `/.well-known/turnout/health`. Times are ISO 8601 in UTC; counts
 * are of the last ten seconds. Type aliases, so that every one is assignable to JsonValue.
 */
export type SiteHealth = {
  /**
   * `up`: every feature is as promised. `down`: a core feature is closed or failed. `degraded`: any
   * other is not as promised, or a core feature is on a rung that still gives something.
   */
  readonly state: 'up' | 'degraded' | 'down';
  readonly asOf: string;
  /** Whose sight it is: that of all workers together, or of the one that answers, alone. */
  readonly seenBy: 'site' | 'worker';
  readonly workers: number;
  readonly features: readonly FeatureHealthStatus[];
};

export type FeatureHealthStatus = {
  readonly feature: string;
  readonly tier: FeatureReport['tier'];
  /** The worst of those workers that heard of it last. */
  readonly rung: RungName;
  readonly since: string;
};

/** The same for who has the token. */
export type SiteHealthInFull = Omit<SiteHealth, 'features'> & {
  readonly features: readonly FeatureHealthInFull[];
  readonly needs: readonly NeedHealth[];
  readonly circuits: readonly (CircuitStatus & { readonly worker: string })[];
  readonly queues: readonly QueueReport[];
};

export type FeatureHealthInFull = FeatureHealthStatus & {
  readonly public: boolean;
  readonly reason: FeatureReport['reason'];
  readonly inFlight: number;
  readonly answers: AnswerCounts;
  readonly failures: FailureCounts;
  readonly workers: readonly {
    readonly worker: string;
    readonly rung: RungName;
    readonly since: string;
  }[];
};

export type NeedHealth = Omit<NeedReport, 'sinceMs'> & { readonly since: string };

/** Who has heard nothing for so long may have missed what others know. */
const SILENT_MS = 10_000;

/** Puts together what workers have seen; none is a site that nobody has seen anything of. */
export function siteHealthInFull(
  reports: readonly HealthReport[],
  seenBy: SiteHealth['seenBy'],
  atMs: number,
): SiteHealthInFull {
  const features = byName(
    reports.flatMap(({ worker, features: own }) => own.map((report) => ({ worker, report }))),
    ({ report }) => report.feature,
  ).map((told) => mergeFeature(told, atMs));
  return {
    state: stateOf(features),
    asOf: iso(atMs),
    seenBy,
    workers: reports.length,
    features,
    needs: byName(
      reports.flatMap(({ needs }) => needs),
      ({ service, need }) => `${service} ${need}`,
    ).map(mergeNeed),
    circuits: reports.flatMap(({ worker, circuits }) =>
      circuits.map((circuit) => ({ ...circuit, worker })),
    ),
    queues: byName(
      reports.flatMap(({ queues }) => queues),
      ({ feature }) => feature,
    ).map(mergeQueue),
  };
}

/** What of it is for everyone: features and rungs; only those that the public can reach. */
export function publicHealth(health: SiteHealthInFull): SiteHealth {
  const features = health.features
    .filter((feature) => feature.public)
    .map(({ feature, tier, rung, since }) => ({ feature, tier, rung, since }));
  const { asOf, seenBy, workers } = health;
  return { state: stateOf(features), asOf, seenBy, workers, features };
}

function stateOf(features: readonly FeatureHealthStatus[]): SiteHealth['state'] {
  const isGone = ({ tier, rung }: FeatureHealthStatus): boolean =>
    tier === 'core' && (rung === 'closed' || rung === 'failed');
  if (features.some(isGone)) return 'down';
  return features.every(({ rung }) => rung === 'full') ? 'up' : 'degraded';
}

function mergeFeature(
  told: readonly { readonly worker: string; readonly report: FeatureReport }[],
  atMs: number,
): FeatureHealthInFull {
  const reports = told.map(({ report }) => report);
  const known = heardLast(reports, atMs);
  const rung = known.reduce<RungName>((worst, each) => worseRung(worst, each.rung), 'full');
  const there = known.filter((each) => each.rung === rung);
  const [first] = reports as [FeatureReport];
  const sum = (of: (report: FeatureReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    feature: first.feature,
    tier: first.tier,
    rung,
    since: iso(Math.min(...there.map(({ sinceMs }) => sinceMs))),
    public: reports.some(({ isPublic }) => isPublic),
    reason: there.find(({ reason }) => reason !== null)?.reason ?? null,
    inFlight: sum(({ stats }) => stats.inFlight),
    answers: {
      full: sum(({ stats }) => stats.full),
      kept: sum(({ stats }) => stats.kept),
      stepped: sum(({ stats }) => stats.stepped),
      closed: sum(({ stats }) => stats.closed),
      failed: sum(({ stats }) => stats.failed),
      refused: sum(({ stats }) => stats.refused),
    },
    failures: {
      unreached: sum(({ stats }) => stats.failures.unreached),
      lost: sum(({ stats }) => stats.failures.lost),
      late: sum(({ stats }) => stats.failures.late),
      malformed: sum(({ stats }) => stats.failures.malformed),
      status: sum(({ stats }) => stats.failures.status),
      open: sum(({ stats }) => stats.failures.open),
      shed: sum(({ stats }) => stats.failures.shed),
      switched: sum(({ stats }) => stats.failures.switched),
    },
    workers: told.map(({ worker, report }) => ({
      worker,
      rung: report.rung,
      since: iso(report.sinceMs),
    })),
  };
}

/**
 * Those who know best: a worker that nobody has asked since a feature failed still holds it lost
 * when another one has been answered. So who has heard nothing for a while counts only where nobody
 * has heard anything since. Who is of an older Turnout does not say, and always counts.
 */
function heardLast(reports: readonly FeatureReport[], atMs: number): readonly FeatureReport[] {
  const lastMs = Math.max(...reports.map(({ heardMs }) => heardMs ?? -Infinity));
  return reports.filter(({ heardMs }) => {
    if (heardMs === undefined) return true;
    return (heardMs ?? -Infinity) >= Math.min(lastMs, atMs - SILENT_MS);
  });
}

/** An instance may be heard by several workers: it is one all the same. */
function mergeNeed(reports: readonly NeedReport[]): NeedHealth {
  const [{ service, need }] = reports as [NeedReport];
  const state = reports.some((each) => each.state === 'down') ? 'down' : 'up';
  const there = reports.filter((each) => each.state === state);
  return {
    service,
    need,
    state,
    since: iso(Math.min(...there.map(({ sinceMs }) => sinceMs))),
    saidBy: [...new Set(there.flatMap(({ saidBy }) => saidBy))].sort(),
    reporting: Math.max(...reports.map(({ reporting }) => reporting)),
    answers: reports.reduce((total, { answers }) => total + answers, 0),
    lost: reports.reduce((total, { lost }) => total + lost, 0),
  };
}

function mergeQueue(reports: readonly QueueReport[]): QueueReport {
  const [{ feature }] = reports as [QueueReport];
  const oldest = reports.flatMap(({ oldestMs }) => (oldestMs === null ? [] : [oldestMs]));
  return {
    feature,
    waiting: reports.reduce((total, { waiting }) => total + waiting, 0),
    oldestMs: oldest.length === 0 ? null : Math.min(...oldest),
    deadLetters: reports.reduce((total, { deadLetters }) => total + deadLetters, 0),
  };
}

function byName<T>(all: readonly T[], nameOf: (each: T) => string): readonly T[][] {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const name = nameOf(each);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [each]);
    else group.push(each);
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
